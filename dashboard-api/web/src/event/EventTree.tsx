// The normalized event as a folding tree; every value filters in or out.

import { useMemo, useRef, useState, type KeyboardEvent } from 'react';
import type { OcsfEvent } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { EVENT_KEYS, presses } from '../keys/map';
import { address, go } from '../route/route';
import { excluding, including, writeSearch, type SearchFilter } from '../search/filter';
import { entityOf } from './entity';
import { settings } from '../settings/settings';
import { Copy, copyText } from '../ui/Copy';
import { Fold } from '../ui/Fold';
import { Icon } from '../ui/Icon';
import { toast } from '../ui/toasts';
import { filterPath, firstFolded, lines, momentOf, unfolded, type Line } from './tree';

interface Props {
  event: OcsfEvent;
  /** What a filter from here narrows. */
  base: SearchFilter;
  marked: readonly string[];
}

export function EventTree({ event, base, marked }: Props) {
  const { t } = useI18n();
  const all = useMemo(() => lines(event), [event]);
  const [folded, setFolded] = useState<ReadonlySet<string>>(() => firstFolded(all));
  const shown = useMemo(() => unfolded(all, folded), [all, folded]);
  const [active, setActive] = useState(shown[0]?.path ?? '');
  const tree = useRef<HTMLDivElement>(null);
  const fold = (path: string, on: boolean) => {
    const next = new Set(folded);
    if (on) next.add(path);
    else next.delete(path);
    setFolded(next);
  };
  const focus = (line: Line | undefined) => {
    if (!line) return;
    setActive(line.path);
    requestAnimationFrame(() => tree.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus());
  };
  const onKeyDown = (key: KeyboardEvent) => {
    const index = shown.findIndex(({ path }) => path === active);
    const line = shown[index];
    if (!line || !(walk(key, shown, index, folded, fold, focus) || act(key, line, base, t('copy.done'))))
      return;
    key.preventDefault();
    key.stopPropagation();
  };
  return (
    <Fold
      open
      title={t('event.title')}
      aside={<Copy text={JSON.stringify(event, null, 2)} label={t('event.copy')} />}
    >
      <div
        ref={tree}
        className="tree"
        role="tree"
        tabIndex={-1}
        aria-label={t('event.title')}
        onKeyDown={onKeyDown}
      >
        {shown.map((line) => (
          <TreeLine
            key={line.path}
            line={line}
            isActive={line.path === active}
            isFolded={folded.has(line.path)}
            isMarked={line.value !== null && marked.includes(line.value)}
            base={base}
            onFocus={() => setActive(line.path)}
            onFold={() => fold(line.path, !folded.has(line.path))}
          />
        ))}
      </div>
    </Fold>
  );
}

interface LineProps {
  line: Line;
  isActive: boolean;
  isFolded: boolean;
  isMarked: boolean;
  base: SearchFilter;
  onFocus: () => void;
  onFold: () => void;
}

function TreeLine({ line, isActive, isFolded, isMarked, base, onFocus, onFold }: LineProps) {
  const { t, exact } = useI18n();
  const isBranch = line.value === null;
  return (
    // The tree handles the keys for its lines.
    // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
    <div
      role="treeitem"
      className="tree-line"
      aria-level={line.depth + 1}
      aria-expanded={isBranch ? !isFolded : undefined}
      aria-selected={isActive}
      tabIndex={isActive ? 0 : -1}
      data-depth={Math.min(line.depth, 6)}
      onFocus={onFocus}
      onClick={isBranch ? onFold : undefined}
    >
      {isBranch ? <Icon name={isFolded ? 'right' : 'down'} /> : <span className="tree-gap" />}
      <span className="tree-name" dir="ltr" translate="no" lang="en">
        {line.name}
      </span>
      {isBranch ? (
        (isFolded || line.entries === 0) && (
          <span className="quiet">{t('event.entries', { count: line.entries })}</span>
        )
      ) : (
        <>
          <span className="tree-value" dir="ltr" translate="no">
            {isMarked ? <mark>{line.value}</mark> : line.value}
          </span>
          {momentOf(line) !== null && <span className="quiet">{exact(momentOf(line)!)}</span>}
          <LineTools line={line} base={base} />
        </>
      )}
    </div>
  );
}

/** For the pointer; the keys e, f, Shift f and y do the same. */
function LineTools({ line, base }: { line: Line; base: SearchFilter }) {
  const { t } = useI18n();
  const entity = entityOf(line.path, line.value);
  return (
    <span className="tree-tools">
      {entity && (
        <button
          type="button"
          tabIndex={-1}
          title={t('keys.entity')}
          aria-label={t('keys.entity')}
          onClick={() => go(entity)}
        >
          <Icon name="user" />
        </button>
      )}
      <button
        type="button"
        tabIndex={-1}
        title={t('keys.filterIn')}
        aria-label={t('keys.filterIn')}
        onClick={() => filterIn(line, base)}
      >
        <Icon name="plus" />
      </button>
      <button
        type="button"
        tabIndex={-1}
        title={t('keys.filterOut')}
        aria-label={t('keys.filterOut')}
        onClick={() => filterOut(line, base)}
      >
        <Icon name="minus" />
      </button>
      <button
        type="button"
        tabIndex={-1}
        title={t('keys.copy')}
        aria-label={t('keys.copy')}
        onClick={() => void copyLine(line, t('copy.done'))}
      >
        <Icon name="copy" />
      </button>
    </span>
  );
}

function filterIn(line: Line, base: SearchFilter): void {
  go(address('/search', writeSearch(including(base, filterPath(line.path), line.value ?? ''))));
}

function filterOut(line: Line, base: SearchFilter): void {
  go(address('/search', writeSearch(excluding(base, line.value ?? ''))));
}

function openEntity(line: Line): boolean {
  const entity = entityOf(line.path, line.value);
  if (entity) go(entity);
  return entity !== null;
}

async function copyLine(line: Line, done: string): Promise<void> {
  if (await copyText(line.value ?? '')) toast(done);
}

function act(key: KeyboardEvent, line: Line, base: SearchFilter, copied: string): boolean {
  if (line.value === null) return false;
  const { shortcuts } = settings();
  if (presses(key, EVENT_KEYS.filterIn, shortcuts)) filterIn(line, base);
  else if (presses(key, EVENT_KEYS.filterOut, shortcuts)) filterOut(line, base);
  else if (presses(key, EVENT_KEYS.entity, shortcuts)) return openEntity(line);
  else if (presses(key, EVENT_KEYS.copy, shortcuts)) void copyLine(line, copied);
  else return false;
  return true;
}

/** The keys of a tree (WAI-ARIA): arrows walk and fold, Home and End go to the ends. */
function walk(
  key: KeyboardEvent,
  shown: Line[],
  index: number,
  folded: ReadonlySet<string>,
  fold: (path: string, on: boolean) => void,
  focus: (line: Line | undefined) => void,
): boolean {
  const line = shown[index]!;
  const isBranch = line.value === null;
  switch (key.key) {
    case 'ArrowDown':
      focus(shown[index + 1]);
      return true;
    case 'ArrowUp':
      focus(shown[index - 1]);
      return true;
    case 'Home':
      focus(shown[0]);
      return true;
    case 'End':
      focus(shown.at(-1));
      return true;
    case 'ArrowRight':
      if (isBranch && folded.has(line.path)) fold(line.path, false);
      else if (isBranch) focus(shown[index + 1]);
      return true;
    case 'ArrowLeft':
      if (isBranch && !folded.has(line.path)) fold(line.path, true);
      else focus(shown.find(({ path }) => path === line.parent));
      return true;
    case 'Enter':
    case ' ':
      if (isBranch) fold(line.path, !folded.has(line.path));
      return isBranch;
    default:
      return false;
  }
}
