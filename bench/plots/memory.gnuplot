set title "Anonymous memory over sleeping runs"
set xlabel "sleeping runs"
set ylabel "MB"
set logscale xy
set format x "%.0s%c"
set format y "%.0f"
plot for [i=0:curves-1] data index i using 1:2 with linespoints lt i+1 title columnheader(1), \
     for [i=0:curves-1] data index i using 1:4 with points lc rgb "#606060" pt 2 ps 1.2 lw 2 notitle, \
     NaN with points lc rgb "#606060" pt 2 ps 1.2 lw 2 title "at most (goal)"
