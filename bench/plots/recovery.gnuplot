set title "Recovery after a kill over runs in the journal"
set xlabel "runs in the journal"
set ylabel "milliseconds"
set logscale xy
set format x "%.0s%c"
set format y "%.0f"
plot for [i=0:curves-1] data index i using 1:2 with linespoints lt i+1 title columnheader(1), \
     for [i=0:curves-1] data index i using 1:4 with points lt i+1 pt 2 ps 1.2 lw 2 notitle, \
     NaN with points lc rgb "#606060" pt 2 ps 1.2 lw 2 title "at most (goal)"
