// Which key does what. Keys are bound by position (KeyboardEvent.code), so that they work under a Bangla layout.

import type { Key } from '../i18n/keys';
import { settings } from '../settings/settings';

export interface Binding {
  code: string;
  shift?: boolean;
  /** With Ctrl, or with Command: these work while one types, too, and cannot be moved. */
  ctrl?: boolean;
  /** Keys that type nothing, such as Escape, stay on when single-key shortcuts are switched off. */
  always?: boolean;
  /** What it does, in words: the name under which a reader may choose another key. */
  label: Key;
}

/** Each action's key. The order is the order of the help. */
export const QUEUE_KEYS = {
  next: { code: 'KeyJ', label: 'keys.next' },
  previous: { code: 'KeyK', label: 'keys.previous' },
  open: { code: 'Enter', label: 'keys.open', always: true },
  back: { code: 'Escape', label: 'keys.back', always: true },
  select: { code: 'KeyX', label: 'keys.select' },
  selectRange: { code: 'KeyX', shift: true, label: 'keys.selectRange' },
  group: { code: 'KeyG', label: 'keys.group' },
  filterIn: { code: 'KeyF', label: 'keys.filterIn' },
  filterOut: { code: 'KeyF', shift: true, label: 'keys.filterOut' },
  showNew: { code: 'KeyN', label: 'keys.showNew' },
  refresh: { code: 'KeyR', label: 'keys.refresh' },
  find: { code: 'Slash', label: 'keys.find' },
} as const satisfies Record<string, Binding>;

export const ALERT_KEYS = {
  assignMe: { code: 'KeyA', label: 'keys.assignMe' },
  state: { code: 'KeyS', label: 'keys.state' },
  truePositive: { code: 'Digit1', label: 'keys.truePositive' },
  falsePositive: { code: 'Digit2', label: 'keys.falsePositive' },
  benign: { code: 'Digit3', label: 'keys.benign' },
  duplicate: { code: 'Digit4', label: 'keys.duplicate' },
  insufficientData: { code: 'Digit5', label: 'keys.insufficientData' },
  case: { code: 'KeyI', label: 'keys.case' },
  comment: { code: 'KeyC', label: 'keys.comment' },
  raw: { code: 'KeyO', label: 'keys.raw' },
  undo: { code: 'KeyU', label: 'keys.undo' },
} as const satisfies Record<string, Binding>;

export const SEARCH_KEYS = {
  next: { code: 'KeyJ', label: 'keys.nextEvent' },
  previous: { code: 'KeyK', label: 'keys.previousEvent' },
  open: { code: 'Enter', label: 'keys.expand', always: true },
  back: { code: 'Escape', label: 'keys.collapse', always: true },
  find: { code: 'Slash', label: 'keys.find' },
  table: { code: 'KeyV', label: 'keys.table' },
  tail: { code: 'KeyT', label: 'keys.tail' },
  refresh: { code: 'KeyR', label: 'keys.run' },
} as const satisfies Record<string, Binding>;

/** In the tree of an event. */
export const EVENT_KEYS = {
  filterIn: { code: 'KeyF', label: 'keys.filterIn' },
  filterOut: { code: 'KeyF', shift: true, label: 'keys.filterOut' },
  entity: { code: 'KeyE', label: 'keys.entity' },
  copy: { code: 'KeyY', label: 'keys.copy' },
} as const satisfies Record<string, Binding>;

export const GLOBAL_KEYS = {
  palette: { code: 'KeyK', ctrl: true, label: 'keys.palette', always: true },
  help: { code: 'Slash', shift: true, label: 'keys.help' },
} as const satisfies Record<string, Binding>;

/** What of a keyboard event decides. */
export interface Pressed {
  code: string;
  shiftKey: boolean;
  ctrlKey: boolean;
  altKey: boolean;
  metaKey: boolean;
}

/** A key that a reader chose instead of the one in the table. */
export type Chosen = Pick<Binding, 'code' | 'shift'>;

/** The binding with the reader's key. */
export function chosen(binding: Binding, keys: Partial<Record<Key, Chosen>> = settings().keys): Binding {
  const other = keys[binding.label];
  return other && movable(binding) ? { ...binding, code: other.code, shift: other.shift === true } : binding;
}

/** Enter, Escape and what goes with Ctrl stay where everybody looks for them. */
export function movable(binding: Binding): boolean {
  return !binding.always;
}

/** Whether this key press is the binding's, as the reader chose it. */
export function presses(event: Pressed, table: Binding, shortcuts: boolean): boolean {
  const binding = chosen(table);
  if (event.altKey || (event.ctrlKey || event.metaKey) !== (binding.ctrl ?? false)) return false;
  if (!shortcuts && !binding.always) return false;
  return codeOf(event) === binding.code && event.shiftKey === (binding.shift ?? false);
}

/** The key's place; the number block's keys count as the others. */
export function codeOf({ code }: Pick<Pressed, 'code'>): string {
  return code === 'NumpadEnter' ? 'Enter' : code.replace(/^Numpad(?=\d)/, 'Digit');
}

/** Signs whose place has another name. */
const SIGNS: Record<string, string> = {
  Slash: '/',
  Escape: 'Esc',
  Comma: ',',
  Period: '.',
  Semicolon: ';',
  Quote: "'",
  BracketLeft: '[',
  BracketRight: ']',
  Minus: '-',
  Equal: '=',
  Backquote: '`',
  Backslash: '\\',
};

/** How a key is written on the keyboard: `j`, `Shift x`, `?`, `Ctrl K`. */
export function written(binding: Binding): string {
  const { code, shift, ctrl } = chosen(binding);
  if (code === 'Slash' && shift) return '?';
  const key = SIGNS[code] ?? code.replace(/^Digit|^Key/, '');
  const letter = ctrl || key.length > 1 ? key : key.toLowerCase();
  return `${ctrl ? 'Ctrl ' : ''}${shift ? 'Shift ' : ''}${letter}`;
}
