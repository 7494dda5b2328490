// Package page draws a report of the benchmark as one HTML page that needs
// nothing else: no script, no font, no picture from anywhere.
//
//	bench.Report ─► figures ─► plots: numbers, then places ─► page.html ─► io.Writer
//	             ├► facts, table                             ▲
//	             └► results as JSON ─────────────────────────┘
//
// A figure is a plot with a caption. There are two kinds of plot: lines against
// two axes, and bars with whiskers. Scales choose where an axis ends and where
// its marks are; every place on a plot is computed here, and page.html puts it
// into SVG. Colours and fonts are in page.css, those of the dashboard.
//
// A line is the median of the rounds of one server under one load, and the shade
// around it goes from the least round to the most. What has no figures is left
// out: a missing plot says that nothing was measured, an empty one would look as
// if nothing had been found.
//
// # What the page promises
//
// Text of a report reaches the page through html/template alone, so that names
// and command lines are never markup. Whatever numbers a report has, nothing is
// drawn outside of its plot.
//
// # Concurrency
//
// Write reads the report and shares nothing; it may be called at any time from
// any goroutine, as long as nobody writes to the report.
package page
