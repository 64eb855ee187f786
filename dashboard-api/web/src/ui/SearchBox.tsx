// A box to search in: Enter searches, Escape empties it, then leaves it.

import type { KeyboardEvent, RefObject } from 'react';
import { useI18n } from '../i18n/i18n';
import type { Binding } from '../keys/map';
import { Shortcut } from './Button';
import { Icon } from './Icon';

interface Props {
  label: string;
  value: string;
  onChange: (text: string) => void;
  onClear: () => void;
  inputRef: RefObject<HTMLInputElement | null>;
  shortcut: Binding;
}

export function SearchBox({ label, value, onChange, onClear, inputRef, shortcut }: Props) {
  const { t } = useI18n();
  const clear = () => {
    onChange('');
    onClear();
  };
  const onKeyDown = (event: KeyboardEvent<HTMLInputElement>) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    if (value === '') event.currentTarget.blur();
    else clear();
  };
  return (
    <div className="search-box">
      <Icon name="search" />
      <input
        ref={inputRef}
        type="text"
        inputMode="search"
        enterKeyHint="search"
        autoComplete="off"
        spellCheck={false}
        aria-label={label}
        placeholder={label}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {value === '' ? (
        <Shortcut keys={shortcut} />
      ) : (
        <button type="button" aria-label={t('filter.emptyBox')} onClick={clear}>
          <Icon name="cross" />
        </button>
      )}
    </div>
  );
}
