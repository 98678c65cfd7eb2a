set title "Durable steps a second over entries in the journal"
set xlabel "entries of finished runs in the journal"
set ylabel "durable steps a second"
set logscale x
set yrange [0:*]
set format x "%.0s%c"
set format y "%.0s%c"
plot for [i=0:curves-1] data index i using 1:2 with linespoints lt i+1 title columnheader(1), \
     for [i=0:curves-1] data index i using 1:3 with linespoints lt i+1 lw 1.8 dt 2 pt 6 ps 0.7 notitle, \
     NaN with linespoints lc rgb "#606060" lw 1.8 dt 2 pt 6 ps 0.7 title "on an empty journal"
