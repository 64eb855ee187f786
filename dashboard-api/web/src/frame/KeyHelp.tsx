// Every key of the page, on one sheet; each can be put elsewhere.

import { useState, type KeyboardEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { chosen, codeOf, movable, written, type Binding } from '../keys/map';
import { SHEETS, taken, type Sheet, type SheetName } from '../keys/sheets';
import { changeSettings, useSettings } from '../settings/settings';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';

/** Keys that only hold other keys down. */
const HOLDING = /^(Shift|Control|Alt|Meta|CapsLock|Tab)/;

interface Props {
  /** The sheets of the page; those that work everywhere follow. */
  names: readonly SheetName[];
  onClose: () => void;
}

export default function KeyHelp({ names, onClose }: Props) {
  const { t } = useI18n();
  const { shortcuts, keys } = useSettings();
  /** The binding that waits for its new key, and what that key does already. */
  const [waiting, setWaiting] = useState<Binding | null>(null);
  const [clash, setClash] = useState<Binding | null>(null);
  const sheets: Sheet[] = [...names, 'everywhere' as const].map((name) => SHEETS[name]);

  const take = (event: KeyboardEvent) => {
    if (!waiting || HOLDING.test(event.code)) return;
    event.preventDefault();
    event.stopPropagation();
    const key = { code: codeOf(event.nativeEvent), shift: event.shiftKey };
    const other = key.code === 'Escape' ? null : taken(sheets, waiting, key, (each) => chosen(each, keys));
    setClash(other);
    if (other) return;
    setWaiting(null);
    if (key.code !== 'Escape') changeSettings({ keys: { ...keys, [waiting.label]: key } });
  };
  const ask = (binding: Binding) => {
    setClash(null);
    setWaiting(binding);
  };
  return (
    <Dialog title={t('help.title')} onClose={onClose} wide>
      <p className="quiet">{t(shortcuts ? 'help.byPosition' : 'help.off')}</p>
      <p className="key-asked" role="status">
        {waiting && !clash && t('help.press', { what: t(waiting.label) })}
        {waiting && clash && t('help.taken', { key: written(clash), what: t(clash.label) })}
      </p>
      <div className="key-sheets" onKeyDownCapture={take}>
        {sheets.map(({ title, keys: bindings }) => (
          <section key={title}>
            <h3>{t(title)}</h3>
            <dl className="keys">
              {Object.values(bindings).map((binding) => (
                <div key={binding.label}>
                  <dt>
                    {movable(binding) ? (
                      <button
                        type="button"
                        className="key-choice"
                        aria-label={t('help.change', { what: t(binding.label), key: written(binding) })}
                        aria-pressed={waiting?.label === binding.label}
                        onClick={() => ask(binding)}
                      >
                        <kbd translate="no">{waiting?.label === binding.label ? '…' : written(binding)}</kbd>
                      </button>
                    ) : (
                      <kbd translate="no">{written(binding)}</kbd>
                    )}
                  </dt>
                  <dd>{t(binding.label)}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      {Object.keys(keys).length > 0 && (
        <Button kind="quiet" onPress={() => changeSettings({ keys: {} })}>
          {t('help.reset')}
        </Button>
      )}
    </Dialog>
  );
}
