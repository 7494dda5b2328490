// Theme is light, dark, or that of the system, by the user's choice. It is
// applied while this module is loaded, before anything is painted, and the
// choice is kept in the browser.

import { recall, remember } from './choices.js';

const choices = ['system', 'light', 'dark'];
const listeners = new Set();
let choice = choices.find((one) => one === recall('theme')) ?? choices[0];
apply();
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell);

// onTheme calls a function after every change of colours, until what it returns
// is called.
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function themeChoice() {
  return choice;
}

// nextTheme goes to the next of the choices.
export function nextTheme() {
  choice = choices[(choices.indexOf(choice) + 1) % choices.length];
  remember('theme', choice);
  apply();
  tell();
}

const probe = document.createElement('i');
probe.hidden = true;

// ink returns a colour of the style sheet, by the name of its variable, as it is
// now: a canvas does not know the names.
export function ink(name) {
  if (!probe.isConnected) document.body.append(probe);
  probe.style.color = `var(--${name})`;
  return getComputedStyle(probe).color;
}

function apply() {
  document.documentElement.dataset.theme = choice;
}

function tell() {
  for (const listener of listeners) listener();
}
