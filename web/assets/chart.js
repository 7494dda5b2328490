// Chart draws candles with their volume below. It is the edge to the library,
// which is loaded when the first chart is opened: only here do decimals become
// numbers, and only to be drawn.

import * as decimal from './decimal.js';
import { Labels, localScale } from './axis.js';
import { ink, onTheme } from './theme.js';
import { trustLogo } from './trust.js';

// loadLibrary fetches the library; later calls are answered at once.
export function loadLibrary() {
  trustLogo();
  return import('./vendor/lightweight-charts/lightweight-charts.standalone.production.mjs');
}

// The library draws no numbers beyond these; a candle beyond them leaves a gap.
const largest = Number.MAX_SAFE_INTEGER / 100;
// Digits behind the point beyond these cannot be told apart on a screen.
const mostPlaces = 12;
// Candles to the left of the view, below which earlier ones are wanted.
const spareCandles = 20;

export class Chart {
  #chart;
  #prices;
  #volumes;
  #colors = colors();
  #drawn = [];
  #places = -1;
  #newest = { number: NaN, text: '' };
  #offTheme = onTheme(() => this.#restyle());

  // onHover is called with the time that the pointer is at, in microseconds, 0
  // for none; onNearStart when candles before the first are about to be in view.
  constructor(library, holder, { step, onHover, onNearStart }) {
    this.#chart = library.createChartEx(holder, localScale(library, step), options(step));
    this.#prices = this.#chart.addSeries(library.CandlestickSeries, {}, 0);
    this.#volumes = this.#chart.addSeries(library.HistogramSeries, volumeOptions, 1);
    this.#chart.panes()[0].setStretchFactor(4);
    this.#chart.panes()[1].setStretchFactor(1);
    this.#chart.subscribeCrosshairMove(({ time }) => onHover((time ?? 0) * 1e6));
    this.#chart.timeScale().subscribeVisibleLogicalRangeChange((range) => {
      if (range && range.from < spareCandles) onNearStart();
    });
    this.#restyle();
  }

  remove() {
    this.#offTheme();
    this.#chart.remove();
  }

  // scroll moves the view by so many candles, to the right if above 0.
  scroll(count) {
    const scale = this.#chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + count, false);
  }

  // draw shows candles, oldest first, with prices of so many places. In most
  // frames only the newest differs from what stands there.
  draw(candles, places) {
    this.#format(places, candles.at(-1));
    const same = commonStart(this.#drawn, candles);
    if (same === candles.length && same === this.#drawn.length) return;
    if (continues(candles, this.#drawn, same)) {
      for (const candle of candles.slice(same)) this.#update(candle);
    } else {
      this.#replace(candles);
    }
    this.#drawn = candles;
  }

  #update(candle) {
    this.#prices.update(toBar(candle));
    this.#volumes.update(this.#toVolume(candle));
  }

  #replace(candles) {
    this.#prices.setData(candles.map(toBar));
    this.#volumes.setData(candles.map((candle) => this.#toVolume(candle)));
  }

  #toVolume({ ts, open, close, volume }) {
    const time = ts / 1e6;
    const value = Math.min(Number(volume), largest);
    const color = Number(close) < Number(open) ? this.#colors.fallFlash : this.#colors.riseFlash;
    return volume === '' ? { time } : { time, value, color };
  }

  // #format sets the digits of the axis. The newest price keeps all of its own.
  #format(places, newest) {
    if (newest) this.#newest = { number: Number(newest.close), text: decimal.pad(newest.close, places) };
    if (places === this.#places) return;
    this.#places = places;
    const digits = Math.min(places, mostPlaces);
    const formatter = (price) => (price === this.#newest.number ? this.#newest.text : price.toFixed(digits));
    this.#prices.applyOptions({ priceFormat: { type: 'custom', minMove: 10 ** -digits, formatter } });
  }

  #restyle() {
    this.#colors = colors();
    const { rise, fall, line, quiet, ground } = this.#colors;
    this.#chart.applyOptions({
      layout: { background: { color: ground }, textColor: quiet, panes: { separatorColor: line } },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.#prices.applyOptions({
      upColor: rise, wickUpColor: rise, downColor: fall, wickDownColor: fall, borderVisible: false,
    });
    this.#replace(this.#drawn);
  }
}

const volumeOptions = { priceFormat: { type: 'volume' }, priceLineVisible: false, lastValueVisible: false };

function options(step) {
  const labels = new Labels(step);
  return {
    autoSize: true,
    layout: { attributionLogo: true, fontSize: 11, panes: { enableResize: false } },
    crosshair: { mode: 0 }, // where the pointer is, not at the nearest close
    timeScale: {
      rightOffset: 4,
      timeVisible: step.micros < 86_400e6,
      secondsVisible: step.micros < 60e6,
      tickMarkFormatter: (time, kind) => labels.tick(time, kind),
    },
    localization: { dateFormat: 'yyyy-MM-dd', timeFormatter: (time) => labels.full(time) },
  };
}

function colors() {
  return {
    rise: ink('rise'), fall: ink('fall'), riseFlash: ink('rise-volume'), fallFlash: ink('fall-volume'),
    line: ink('line'), quiet: ink('quiet'), ground: ink('ground'),
  };
}

function toBar({ ts, ...candle }) {
  const time = ts / 1e6;
  const [open, high, low, close] = [candle.open, candle.high, candle.low, candle.close].map(Number);
  return high > largest || low < -largest ? { time } : { time, open, high, low, close };
}

// continues tells whether candles, of which so many are the same as drawn, add
// nothing to those but a newer state of the last one and later ones.
function continues(candles, drawn, same) {
  const last = drawn.length - 1;
  if (last < 0 || same < last || same >= candles.length) return false;
  return same > last || candles[same].ts === drawn[last].ts;
}

// commonStart counts how many candles two lists begin with in common.
function commonStart(a, b) {
  const end = Math.min(a.length, b.length);
  for (let i = 0; i < end; i++) {
    if (a[i] !== b[i] && !equal(a[i], b[i])) return i;
  }
  return end;
}

function equal(a, b) {
  return a.ts === b.ts && a.open === b.open && a.high === b.high && a.low === b.low
    && a.close === b.close && a.volume === b.volume;
}
