set title "Durable steps a second over runs in flight"
set xlabel "runs in flight"
set ylabel "durable steps a second"
set logscale xy
set format x "%.0s%c"
set format y "%.0s%c"
plot for [i=0:curves-1] data index i using 1:2 with linespoints lt i+1 title columnheader(1), \
     for [i=0:curves-1] data index i using 1:3 with lines lt i+1 lw 1.8 dt 2 notitle, \
     NaN with lines lc rgb "#606060" lw 1.8 dt 2 title "raw LMDB, same records"
