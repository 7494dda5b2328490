package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io"

	"ticker/bench"
)

//go:embed page.html page.css
var files embed.FS

// view is what page.html is filled with.
type view struct {
	Title, Command string
	Load, Machine  []fact
	Table          *table
	Figures        []figure
	Results        []rawResult
}

// Write draws a report as one HTML page. It writes the whole page or, when it
// cannot be made, nothing. Errors are those of the writer.
func Write(w io.Writer, report *bench.Report) error {
	page, err := template.ParseFS(files, "page.html", "page.css")
	if err != nil {
		return fmt.Errorf("parse page: %w", err)
	}
	v, err := newView(report)
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := page.Execute(&b, v); err != nil {
		return fmt.Errorf("fill page: %w", err)
	}
	if _, err := w.Write(b.Bytes()); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

func newView(report *bench.Report) (*view, error) {
	colours := newPalette(report)
	results, err := rawResults(report.Results)
	if err != nil {
		return nil, err
	}
	return &view{
		Title:   report.Title,
		Command: report.Command,
		Load:    loadFacts(report.Results),
		Machine: machineFacts(&report.Machine),
		Table:   newTable(report.Servers, colours),
		Figures: newFigures(report, colours),
		Results: results,
	}, nil
}
