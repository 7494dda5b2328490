// The axis of time, in the zone of this browser. The chart library thinks in
// UTC; moving its times would make an hour come twice when clocks are set back,
// so the library is told instead where hours, days and months begin here. Days
// as candles begin at midnight UTC, and are named by that.

const day = 86_400e6;

// How much a tick counts that begins one of these, as the library ranks them.
const year = 70;
const month = 60;
const date = 50;
const parts = [
  { seconds: 43_200, weight: 33 },
  { seconds: 21_600, weight: 32 },
  { seconds: 10_800, weight: 31 },
  { seconds: 3600, weight: 30 },
  { seconds: 1800, weight: 22 },
  { seconds: 300, weight: 21 },
  { seconds: 60, weight: 20 },
  { seconds: 1, weight: 10 },
];

// By the library's kind of tick: year, month, day, time, time with seconds.
const tickForms = [
  { year: 'numeric' },
  { month: 'short' },
  { day: 'numeric' },
  { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' },
  { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' },
];

const dateForm = { year: 'numeric', month: 'short', day: 'numeric' };

// weigh ranks the beginning of a step by what else begins with it.
export function weigh(now, before) {
  if (now.getFullYear() !== before.getFullYear()) return year;
  if (now.getMonth() !== before.getMonth()) return month;
  if (now.getDate() !== before.getDate()) return date;
  const [a, b] = [now, before].map(secondsOfDay);
  return parts.find(({ seconds }) => Math.floor(a / seconds) !== Math.floor(b / seconds))?.weight ?? 0;
}

function secondsOfDay(at) {
  return 3600 * at.getHours() + 60 * at.getMinutes() + at.getSeconds();
}

// localScale returns the library's scale of time, made local unless steps are
// days.
export function localScale(library, step) {
  const Scale = library.defaultHorzScaleBehavior();
  if (step.micros >= day) return new Scale();
  return new class extends Scale {
    fillWeightsForPoints(points, first) {
      super.fillWeightsForPoints(points, first);
      for (let i = Math.max(1, first); i < points.length; i++) {
        points[i].timeWeight = weigh(dateOf(points[i]), dateOf(points[i - 1]));
      }
    }
  }();
}

function dateOf({ originalTime }) {
  return new Date(originalTime * 1000);
}

// Labels writes the times of steps; those of the library are in seconds.
export class Labels {
  #ticks;
  #full;

  constructor(step) {
    const zone = step.micros >= day ? { timeZone: 'UTC' } : {};
    const time = step.micros >= day ? { timeZoneName: 'short' } : tickForms[step.micros < 60e6 ? 4 : 3];
    const form = (fields) => new Intl.DateTimeFormat(undefined, { ...fields, ...zone });
    this.#ticks = tickForms.map(form);
    this.#full = form({ ...dateForm, ...time });
  }

  tick(seconds, kind) {
    return this.#ticks[kind].format(seconds * 1000);
  }

  full(seconds) {
    return this.#full.format(seconds * 1000);
  }
}
