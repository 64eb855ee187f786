// Which key does what. Keys are bound by position (KeyboardEvent.code), so that they work under a Bangla layout.

import type { Key } from '../i18n/i18n';

export interface Binding {
  code: string;
  shift?: boolean;
  /** Keys that type nothing, such as Escape, stay on when single-key shortcuts are switched off. */
  always?: boolean;
  /** How the key is written on the keyboard. */
  shown: string;
  label: Key;
}

/** Each action's key. The order is the order of the help. */
export const QUEUE_KEYS = {
  next: { code: 'KeyJ', shown: 'j', label: 'keys.next' },
  previous: { code: 'KeyK', shown: 'k', label: 'keys.previous' },
  open: { code: 'Enter', shown: 'Enter', label: 'keys.open', always: true },
  back: { code: 'Escape', shown: 'Esc', label: 'keys.back', always: true },
  select: { code: 'KeyX', shown: 'x', label: 'keys.select' },
  selectRange: { code: 'KeyX', shift: true, shown: 'Shift x', label: 'keys.selectRange' },
  showNew: { code: 'KeyN', shown: 'n', label: 'keys.showNew' },
  refresh: { code: 'KeyR', shown: 'r', label: 'keys.refresh' },
  find: { code: 'Slash', shown: '/', label: 'keys.find' },
} as const satisfies Record<string, Binding>;

export const ALERT_KEYS = {
  assignMe: { code: 'KeyA', shown: 'a', label: 'keys.assignMe' },
  state: { code: 'KeyS', shown: 's', label: 'keys.state' },
  truePositive: { code: 'Digit1', shown: '1', label: 'keys.truePositive' },
  falsePositive: { code: 'Digit2', shown: '2', label: 'keys.falsePositive' },
  benign: { code: 'Digit3', shown: '3', label: 'keys.benign' },
  duplicate: { code: 'Digit4', shown: '4', label: 'keys.duplicate' },
  comment: { code: 'KeyC', shown: 'c', label: 'keys.comment' },
  raw: { code: 'KeyO', shown: 'o', label: 'keys.raw' },
  undo: { code: 'KeyU', shown: 'u', label: 'keys.undo' },
} as const satisfies Record<string, Binding>;

export const SEARCH_KEYS = {
  next: { code: 'KeyJ', shown: 'j', label: 'keys.nextEvent' },
  previous: { code: 'KeyK', shown: 'k', label: 'keys.previousEvent' },
  open: { code: 'Enter', shown: 'Enter', label: 'keys.expand', always: true },
  back: { code: 'Escape', shown: 'Esc', label: 'keys.collapse', always: true },
  find: { code: 'Slash', shown: '/', label: 'keys.find' },
  table: { code: 'KeyV', shown: 'v', label: 'keys.table' },
  refresh: { code: 'KeyR', shown: 'r', label: 'keys.run' },
} as const satisfies Record<string, Binding>;

/** In the tree of an event. */
export const EVENT_KEYS = {
  filterIn: { code: 'KeyF', shown: 'f', label: 'keys.filterIn' },
  filterOut: { code: 'KeyF', shift: true, shown: 'Shift f', label: 'keys.filterOut' },
  copy: { code: 'KeyY', shown: 'y', label: 'keys.copy' },
} as const satisfies Record<string, Binding>;

export const GLOBAL_KEYS = {
  help: { code: 'Slash', shift: true, shown: '?', label: 'keys.help' },
} as const satisfies Record<string, Binding>;

/** What of a keyboard event decides. */
export interface Pressed {
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** Whether this key press is the binding's. */
export function presses(event: Pressed, binding: Binding, shortcuts: boolean): boolean {
  if (event.ctrlKey || event.altKey || event.metaKey) return false;
  if (!shortcuts && !binding.always) return false;
  const code = event.code === 'NumpadEnter' ? 'Enter' : event.code.replace(/^Numpad(?=\d)/, 'Digit');
  return code === binding.code && event.shiftKey === (binding.shift ?? false);
}
