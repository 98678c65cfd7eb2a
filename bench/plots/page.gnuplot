set title "Until a customer has the answer, over customers at once"
set xlabel "customers at the same moment"
set ylabel "milliseconds (median)"
set logscale xy
set format x "%.0s%c"
set format y "%g"
plot for [i=0:curves-1] data index i using 1:2 with linespoints lt i+1 title columnheader(1)
