// Short words about what was just done, with ten seconds to undo it.

import { useEffect, useSyncExternalStore } from 'react';
import { ALERT_KEYS } from '../keys/map';
import { useKeys } from '../keys/useKeys';
import { useI18n } from '../i18n/i18n';
import { Button, IconButton } from './Button';

export interface Toast {
  id: number;
  text: string;
  kind: 'done' | 'fault';
  undo: (() => void) | undefined;
}

export const UNDO_MS = 10_000;
/** Older ones make room: more than this is not read. */
const TOASTS_MAX = 3;

let toasts: Toast[] = [];
let nextId = 1;
const listeners = new Set<() => void>();

function set(next: Toast[]): void {
  toasts = next;
  listeners.forEach((listener) => listener());
}

export function toast(
  text: string,
  { undo, kind = 'done' }: { undo?: () => void; kind?: Toast['kind'] } = {},
): void {
  set([...toasts, { id: nextId++, text, kind, undo }].slice(-TOASTS_MAX));
}

function dismiss(id: number): void {
  set(toasts.filter((each) => each.id !== id));
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toaster() {
  const { t } = useI18n();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  useKeys(ALERT_KEYS, {
    undo: () => {
      const last = shown.findLast((each) => each.undo);
      if (!last) return false;
      undo(last);
      return true;
    },
  });
  return (
    <div className="toasts" role="status" aria-label={t('toasts.label')}>
      {shown.map((each) => (
        <ToastBox key={each.id} toast={each} />
      ))}
    </div>
  );
}

function undo(each: Toast): void {
  dismiss(each.id);
  each.undo?.();
}

function ToastBox({ toast: shown }: { toast: Toast }) {
  const { t } = useI18n();
  useEffect(() => {
    // A fault stays until it has been read.
    if (shown.kind === 'fault') return undefined;
    const timer = setTimeout(() => dismiss(shown.id), UNDO_MS);
    return () => clearTimeout(timer);
  }, [shown.id, shown.kind]);
  return (
    <div className={`toast toast-${shown.kind}`}>
      <span>{shown.text}</span>
      {shown.undo && (
        <Button kind="quiet" shortcut={ALERT_KEYS.undo} onPress={() => undo(shown)}>
          {t('toasts.undo')}
        </Button>
      )}
      <IconButton icon="cross" label={t('common.dismiss')} onPress={() => dismiss(shown.id)} />
    </div>
  );
}
