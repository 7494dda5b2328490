package main

import (
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestALogThatNobodyReadsHoldsNothingUp(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		reader, pipe := io.Pipe()
		w := startLogWriter(pipe)
		log, _ := newLogger(w, defaults(), false)
		for range 3 * maxLogLines {
			log.Info("a line")
		}
		if lost := w.lost.Load(); lost < maxLogLines || lost > 2*maxLogLines {
			t.Errorf("%d of %d lines lost", lost, 3*maxLogLines)
		}
		began := time.Now()
		w.close()
		if waited := time.Since(began); waited != logPatience {
			t.Errorf("the end waited %v", waited)
		}
		if err := reader.Close(); err != nil { // lets the writer end
			t.Error(err)
		}
	})
}

func TestLogLinesArriveInOrderAndAsAsked(t *testing.T) {
	t.Parallel()
	for format, want := range map[string]string{
		"auto": `"msg":"shown","after":"1.5s"}`, "json": `"msg":"shown","after":"1.5s"}`, "text": "msg=shown after=1.5s",
	} {
		var out strings.Builder
		w := startLogWriter(&out)
		s := defaults()
		s.logFormat, s.logLevel = format, "warn"
		log, _ := newLogger(w, s, false)
		log.Info("hidden")
		log.Warn("shown", "after", 1500*time.Millisecond)
		log.Error("shown", "n", 2)
		w.close()
		text := out.String()
		if !strings.Contains(text, want) || strings.Contains(text, "hidden") || strings.Count(text, "\n") != 2 {
			t.Errorf("%s: %s", format, text)
		}
	}
}
