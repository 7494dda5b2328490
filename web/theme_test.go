package web

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"testing"
)

func TestTheme(t *testing.T) {
	t.Parallel()
	runRules(t, []rule{
		{name: "the theme follows the system or the user, who is remembered", try: themeChoice},
		{name: "a sparkline is drawn in the colours of the theme", try: sparklineColors},
	})
}

const ground = `getComputedStyle(document.body).backgroundColor`

func themeChoice(d *dashboard) {
	const white, black = `"rgb(255, 255, 255)"`, `"rgb(12, 16, 22)"`
	d.Media("prefers-color-scheme", "light")
	d.WaitFor(ground + ` === ` + white + ` && ` + textIs("theme", "Theme: system"))
	d.Media("prefers-color-scheme", "dark")
	d.WaitFor(ground + ` === ` + black)
	d.Press("t")
	d.WaitFor(ground + ` === ` + white + ` && ` + textIs("theme", "Theme: light"))
	d.Eval(`location.reload()`, nil)
	d.server.session()
	d.WaitFor(linkIs("connected") + ` && ` + ground + ` === ` + white + ` && ` + textIs("theme", "Theme: light"))
	d.Eval(`document.getElementById("theme").click()`, nil)
	d.Media("prefers-color-scheme", "light")
	d.WaitFor(ground + ` === ` + black + ` && ` + textIs("theme", "Theme: dark"))
	d.Press("t")
	d.WaitFor(ground + ` === ` + white + ` && ` + textIs("theme", "Theme: system"))
	// A browser that keeps nothing has a theme all the same.
	d.Eval(`Storage.prototype.setItem = () => { throw new Error("full"); }, null`, nil)
	d.Press("t")
	d.Press("t")
	d.WaitFor(ground + ` === ` + black)
}

// inkOf is the JavaScript for the colour of the strongest pixel of a row's
// sparkline.
func inkOf(symbol string) string {
	return `(() => {
		const canvas = ` + row(symbol) + `.querySelector("canvas");
		const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
		for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) return data.slice(i, i + 3).join();
		return "";
	})()`
}

func sparklineColors(d *dashboard) {
	d.Media("prefers-color-scheme", "light")
	d.quotes(quote("A", 1, "1", ""), quote("B", 1, "1", ""), quote("C", 1, "1", ""))
	d.WaitFor(statusIs("B", "live"))
	d.quotes(quote("A", 2, "2", ""), quote("B", 2, "0.5", ""))
	d.WaitFor(inkOf("A") + ` === "8,112,63" && ` + inkOf("B") + ` === "180,35,43" && ` + inkOf("C") + ` === "84,95,110"`)
	d.Press("t")
	d.Press("t")
	d.WaitFor(inkOf("A") + ` === "76,195,138" && ` + inkOf("B") + ` === "255,123,120"`)
	d.quotes(quote("A", 3, "3", `,"status":"stale","reason":"silent"`))
	d.WaitFor(inkOf("A") + ` === "127,139,154"`)
}

// luminance is the relative luminance of a colour written as #rrggbb, as the
// accessibility guidelines define it.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		channel, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(channel) / 255
		if c <= 0.04045 {
			sum += weight * c / 12.92
		} else {
			sum += weight * math.Pow((c+0.055)/1.055, 2.4)
		}
	}
	return sum
}

func TestColoursOfBothThemesContrastEnough(t *testing.T) {
	t.Parallel()
	colors := map[string][]string{}
	for _, match := range regexp.MustCompile(`--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);`).
		FindAllStringSubmatch(contentOf(t, "assets/colors.css"), -1) {
		colors[match[1]] = match[2:]
	}
	texts := []string{"text", "quiet", "dim", "rise", "fall", "warn", "accent"}
	pairs := map[string][]string{ // what stands on what
		"ground": texts, "panel": texts, "hover": {"text", "quiet", "rise", "fall", "dim", "accent"},
		"line": {"text"}, "rise-flash": {"text"}, "fall-flash": {"text"}, "warn-ground": {"warn"}, "fall-ground": {"fall"},
	}
	for below, above := range pairs {
		for _, name := range above {
			for theme := range 2 {
				if len(colors[name]) != 2 || len(colors[below]) != 2 {
					t.Fatalf("there is no colour %s, or no %s", name, below)
				}
				lights := []float64{luminance(t, colors[name][theme]), luminance(t, colors[below][theme])}
				slices.Sort(lights)
				if ratio := (lights[1] + 0.05) / (lights[0] + 0.05); ratio < 4.5 {
					t.Errorf("%s on %s has a contrast of %.2f in theme %d", name, below, ratio, theme)
				}
			}
		}
	}
}
