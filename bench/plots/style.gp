# What all plots share. Colours that also the colour-blind can tell apart; the legend stands beside the plot, never over it.
set terminal svg size 1040,560 dynamic enhanced font "Helvetica,15" background rgb "white"
set output picture
set datafile separator "\t"
set key outside right top Left reverse noenhanced samplen 2 spacing 1.15
set grid xtics ytics lc rgb "#d8d8d8" lw 1
set border 3 lc rgb "#606060"
set tics nomirror
set linetype 1 lc rgb "#0072b2" lw 2.5 pt 7 ps 0.7
set linetype 2 lc rgb "#d55e00" lw 2.5 pt 5 ps 0.7
set linetype 3 lc rgb "#009e73" lw 2.5 pt 9 ps 0.8
set linetype 4 lc rgb "#cc79a7" lw 2.5 pt 11 ps 0.8
set linetype 5 lc rgb "#e69f00" lw 2.5 pt 13 ps 0.8
set linetype 6 lc rgb "#56b4e9" lw 2.5 pt 4 ps 0.8
set linetype 7 lc rgb "#000000" lw 2.5 pt 6 ps 0.8
set linetype 8 lc rgb "#7f7f7f" lw 2.5 pt 8 ps 0.8
