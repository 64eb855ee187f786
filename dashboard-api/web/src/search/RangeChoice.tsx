// Chooses the time range: one of a few, or two moments typed or pasted in any common form.

import { useState, type FormEvent } from 'react';
import { Button as AriaButton } from 'react-aria-components/Button';
import { Dialog as AriaDialog, DialogTrigger } from 'react-aria-components/Dialog';
import { Popover } from 'react-aria-components/Popover';
import { useI18n, type I18n } from '../i18n/i18n';
import { moment, PRESETS, written, type TimeRange } from '../time/range';
import { lastText } from '../time/text';
import { fromClock } from '../time/zone';
import { Button } from '../ui/Button';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';

interface Props {
  range: TimeRange;
  onChange: (range: TimeRange) => void;
}

export function RangeChoice({ range, onChange }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const shown = rangeText(range, i18n);
  return (
    <DialogTrigger>
      <AriaButton className="button button-choice range-choice" aria-label={`${t('filter.time')}: ${shown}`}>
        <span>{shown}</span>
        <Icon name="down" />
      </AriaButton>
      <Popover className="popover" placement="bottom end">
        <AriaDialog className="range" aria-label={t('filter.time')}>
          {({ close }) => {
            const choose = (next: TimeRange) => {
              close();
              onChange(next);
            };
            return (
              <>
                <div className="range-presets" role="group" aria-label={t('range.presets')}>
                  {PRESETS.map((preset) => (
                    <button
                      key={preset}
                      type="button"
                      className="list-item"
                      aria-pressed={range.from === preset && range.to === null}
                      onClick={() => choose({ from: preset, to: null })}
                    >
                      {lastText(preset, t)}
                    </button>
                  ))}
                </div>
                <ExactForm range={range} onChange={choose} />
              </>
            );
          }}
        </AriaDialog>
      </Popover>
    </DialogTrigger>
  );
}

export function rangeText({ from, to }: TimeRange, { t, day, localDigits }: I18n): string {
  const preset = to === null && PRESETS.find((each) => each === from);
  if (preset) return lastText(preset, t);
  const read = (text: string) =>
    localDigits(text.replace(/^\d{4}-\d{2}-\d{2}/, (date) => day(fromClock(`${date}T00:00`))));
  return t('range.between', { from: read(from), to: to === null ? t('range.now') : read(to) });
}

function ExactForm({ range, onChange }: Props) {
  const { t } = useI18n();
  // Relative times in the fields are reckoned from when they were shown.
  const [now] = useState(Date.now);
  const [from, setFrom] = useState(() => asWritten(range.from, now));
  const [to, setTo] = useState(() => asWritten(range.to ?? 'now', now));
  const [tried, setTried] = useState(false);
  const start = moment(from, now);
  const end = moment(to, now);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    // The popover hangs in the search form's tree, though not in its markup: this is not that form's business.
    event.stopPropagation();
    setTried(true);
    if (start === null || end === null || start >= end) return;
    onChange({ from: written(start), to: /^\s*now\s*$/i.test(to) ? null : written(end) });
  };
  const wrong = (ms: number | null) => (tried && ms === null ? t('range.unreadable') : null);
  const backward = tried && start !== null && end !== null && start >= end ? t('fault.reversedRange') : null;
  return (
    <form className="form range-exact" onSubmit={submit}>
      <Field
        label={t('range.from')}
        value={from}
        onChange={setFrom}
        error={wrong(start)}
        spellCheck="false"
      />
      <Field
        label={t('range.to')}
        value={to}
        onChange={setTo}
        error={wrong(end) ?? backward}
        spellCheck="false"
        help={t('range.help')}
      />
      <Button type="submit" kind="primary">
        {t('range.apply')}
      </Button>
    </form>
  );
}

function asWritten(text: string, now: number): string {
  const ms = moment(text, now);
  return ms === null ? text : written(Math.floor(ms / 1000) * 1000);
}
