// Sparkline draws a trace on a small canvas. A canvas belongs to a row of the
// document, so there are as many as rows in view, however many symbols there are.

const width = 72;
const height = 16;
const edge = 1.5;

export class Sparkline {
  canvas = document.createElement('canvas');
  #pen = this.canvas.getContext('2d');
  #ratio = 0;

  constructor() {
    this.canvas.ariaHidden = 'true'; // the numbers beside it say the same
  }

  // draw shows points in a colour: a line, broken at gaps, with a dot at its end.
  draw(points, color) {
    this.#fit();
    this.#pen.clearRect(0, 0, width, height);
    const known = points.filter((point) => !Number.isNaN(point));
    if (known.length === 0) return;
    this.#pen.strokeStyle = this.#pen.fillStyle = color;
    const place = placing(known, points.length);
    this.#line(points.map(place));
    this.#dot(place(known.at(-1), points.length - 1));
  }

  // #fit gives the canvas the pixels of the screen, which setting also clears.
  #fit() {
    if (this.#ratio === devicePixelRatio) return;
    this.#ratio = devicePixelRatio;
    this.canvas.width = width * this.#ratio;
    this.canvas.height = height * this.#ratio;
    this.#pen.scale(this.#ratio, this.#ratio);
    this.#pen.lineWidth = 1.25;
    this.#pen.lineJoin = 'round';
  }

  #line(places) {
    this.#pen.beginPath();
    let broken = true;
    for (const [x, y] of places) {
      if (Number.isNaN(y)) broken = true;
      else if (broken) this.#pen.moveTo(x, y), (broken = false);
      else this.#pen.lineTo(x, y);
    }
    this.#pen.stroke();
  }

  #dot([x, y]) {
    this.#pen.beginPath();
    this.#pen.arc(x, y, edge, 0, 2 * Math.PI);
    this.#pen.fill();
  }
}

// placing returns where a point is drawn: (value, index) → [x, y]. The newest of
// a few points stands at the right end already, so that lines grow to the left.
function placing(known, count) {
  const low = Math.min(...known);
  const span = Math.max(...known) - low;
  const stepPx = (width - 2 * edge) / 59;
  return (value, i) => [
    width - edge - (count - 1 - i) * stepPx,
    span > 0 ? edge + (height - 2 * edge) * (1 - (value - low) / span) : height / 2,
  ];
}
