// Listens for a page's keys; the last component to ask is the first to be asked.

import { useEffect, useRef } from 'react';
import { settings } from '../settings/settings';
import { presses, type Binding } from './map';

/** Returning false lets the next component, and then the browser, have the key. */
export type Handler = (event: KeyboardEvent) => boolean | void;
type Handlers<Name extends string> = Partial<Record<Name, Handler>>;
type Listener = (event: KeyboardEvent) => boolean;

const stack: Listener[] = [];
/** Where keys mean text or choice, not commands. */
const TYPING = 'input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]';
const OVERLAY = '[role=menu], [role=listbox], [role=dialog], [role=alertdialog]';

globalThis.addEventListener?.('keydown', (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (event.defaultPrevented || target?.closest(OVERLAY)) return;
  if (!event.ctrlKey && !event.metaKey && target?.closest(TYPING)) return;
  for (const listener of stack.toReversed()) {
    if (!listener(event)) continue;
    event.preventDefault();
    return;
  }
});

/** Binds a table of keys while the component is mounted. */
export function useKeys<Name extends string>(table: Record<Name, Binding>, handlers: Handlers<Name>): void {
  const latest = useRef(handlers);
  useEffect(() => {
    latest.current = handlers;
  });
  useEffect(() => {
    const names = Object.keys(table) as Name[];
    const listener: Listener = (event) => {
      const name = names.find((each) => presses(event, table[each], settings().shortcuts));
      const handler = name && latest.current[name];
      return handler ? handler(event) !== false : false;
    };
    stack.push(listener);
    return () => void stack.splice(stack.indexOf(listener), 1);
  }, [table]);
}

/** Enter belongs to the control that has the focus, if it is one. */
export function onControl(event: KeyboardEvent): boolean {
  return (
    event.target instanceof Element && event.target.closest('button, a, summary, [role=treeitem]') !== null
  );
}
