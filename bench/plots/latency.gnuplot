set title "Latencies: the share of samples above"
set xlabel "microseconds"
set ylabel "share of samples above"
set logscale xy
set format x "%.0s%c"
set ytics ("100 %%" 1, "10 %%" 0.1, "1 %% (p99)" 0.01, "0.1 %%" 0.001, "0.01 %%" 0.0001)
set yrange [0.0001:1]
plot for [i=0:curves-1] data index i using 2:1 with lines lt i+1 title columnheader(1), \
     for [i=0:curves-1] data index i using 3:1 with lines lt i+1 lw 1.8 dt 2 notitle, \
     NaN with lines lc rgb "#606060" lw 1.8 dt 2 title "its floor"
