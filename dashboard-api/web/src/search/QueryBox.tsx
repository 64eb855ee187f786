// The box to search in, with ways on as one types: fields, values, operators, commands.

import { useQuery } from '@tanstack/react-query';
import { useEffect, useId, useState, type KeyboardEvent, type RefObject } from 'react';
import { toLatin } from '../i18n/digits';
import { useI18n } from '../i18n/i18n';
import { SEARCH_KEYS } from '../keys/map';
import type { Span } from '../time/range';
import { Shortcut } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { complete, type Completion } from './api';

/** How long nothing must be typed before the server is asked. */
const SETTLED_MS = 150;

interface Props {
  value: string;
  span: Span | null;
  onChange: (text: string) => void;
  onClear: () => void;
  inputRef: RefObject<HTMLInputElement | null>;
}

export function QueryBox({ value, span, onChange, onClear, inputRef }: Props) {
  const { t, number } = useI18n();
  const list = useId();
  const [open, setOpen] = useState(false);
  const [chosen, setChosen] = useState(-1);
  const [before, setBefore] = useState('');
  const { data } = useQuery({
    queryKey: ['complete', before, span],
    queryFn: ({ signal }) => complete({ before: toLatin(before), ...span }, signal),
    enabled: open && before.length <= 500,
    retry: false,
    staleTime: 60_000,
    refetchOnWindowFocus: false,
  });
  useSettling(value, inputRef, open, setBefore);
  const items = (open && data?.items) || [];
  const take = (item: Completion) => {
    const input = inputRef.current;
    const at = input?.selectionStart ?? value.length;
    const head = value.slice(0, at).slice(0, at - (data?.replace ?? 0)) + item.insert;
    onChange(head + value.slice(at));
    setChosen(-1);
    setOpen(item.kind === 'field' || item.kind === 'command');
    requestAnimationFrame(() => {
      input?.focus();
      input?.setSelectionRange(head.length, head.length);
    });
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    const item = items[chosen];
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      if (!open) return setOpen(true);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(Math.min(items.length - 1, Math.max(-1, chosen + step)));
    } else if ((event.key === 'Enter' || event.key === 'Tab') && item) {
      event.preventDefault();
      take(item);
    } else if (event.key === 'Escape') {
      event.stopPropagation();
      if (items.length > 0) setOpen(false);
      else if (value === '') event.currentTarget.blur();
      else {
        onChange('');
        onClear();
      }
    }
    return undefined;
  };
  return (
    <div className="search-box query-box">
      <Icon name="search" />
      <input
        ref={inputRef}
        type="text"
        role="combobox"
        aria-expanded={items.length > 0}
        aria-controls={list}
        aria-autocomplete="list"
        aria-activedescendant={chosen >= 0 ? `${list}-${chosen}` : undefined}
        inputMode="search"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={t('search.box')}
        placeholder={t('search.box')}
        value={value}
        onChange={(event) => {
          onChange(event.target.value);
          setChosen(-1);
          setOpen(true);
        }}
        onKeyDown={onKeyDown}
        onBlur={() => setOpen(false)}
      />
      {value === '' ? (
        <Shortcut keys={SEARCH_KEYS.find} />
      ) : (
        <button
          type="button"
          aria-label={t('filter.emptyBox')}
          onClick={() => {
            onChange('');
            onClear();
          }}
        >
          <Icon name="cross" />
        </button>
      )}
      <div
        id={list}
        role="listbox"
        aria-label={t('search.waysOn')}
        className="query-list"
        hidden={items.length === 0}
      >
        {items.map((item, index) => (
          // The box has the keys of its list.
          // oxlint-disable-next-line jsx-a11y/click-events-have-key-events
          <div
            key={item.insert}
            tabIndex={-1}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === chosen}
            className="list-item"
            onMouseDown={(event) => event.preventDefault()}
            onClick={() => take(item)}
          >
            <code dir="ltr" translate="no" lang="en" className="code">
              {item.insert.trim()}
            </code>
            <span className="quiet">
              {item.count === null ? t(`search.way.${item.kind}`) : number(item.count)}
            </span>
          </div>
        ))}
      </div>
    </div>
  );
}

/** What stands before the cursor, once nothing was typed for a moment. */
function useSettling(
  value: string,
  input: RefObject<HTMLInputElement | null>,
  open: boolean,
  settle: (before: string) => void,
) {
  useEffect(() => {
    if (!open) return undefined;
    const timer = setTimeout(
      () => settle(value.slice(0, input.current?.selectionStart ?? value.length)),
      SETTLED_MS,
    );
    return () => clearTimeout(timer);
  }, [value, input, open, settle]);
}
