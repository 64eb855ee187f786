// Narrows the queue by a value of the row that has the focus: f, then the value; Shift f leaves it out.

import { ListBox, ListBoxItem } from 'react-aria-components/ListBox';
import { titleIn } from '../alert/title';
import type { AlertSummary } from '../api/types';
import { useI18n, type Key } from '../i18n/i18n';
import { quoted } from '../search/filter';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import type { AlertFilter } from './filter';

interface Props {
  alert: AlertSummary;
  filter: AlertFilter;
  /** Whether alerts with the value are left out. */
  out: boolean;
  onFilter: (filter: AlertFilter) => void;
  onClose: () => void;
}

interface Choice {
  id: string;
  label: Key;
  value: string;
  change: Partial<AlertFilter>;
}

export function PickValue({ alert, filter, out, onFilter, onClose }: Props) {
  const { t, language } = useI18n();
  const term = (value: string) => [filter.q, `${out ? '-' : ''}${quoted(value)}`].filter(Boolean).join(' ');
  const choices: Choice[] = [
    { id: 'rule', label: 'filter.rule', value: titleIn(language, alert), change: { rule: alert.rule_id } },
    { id: 'host', label: 'column.host', value: alert.host, change: { host: alert.host } },
    { id: 'agency', label: 'column.agency', value: alert.agency, change: { agency: alert.agency } },
    { id: 'user', label: 'fact.user', value: alert.user ?? '', change: {} },
    { id: 'source', label: 'fact.source', value: alert.src_ip ?? '', change: {} },
  ];
  const words: Record<string, string> = { rule: alert.title, host: alert.host };
  const pick = (id: string) => {
    const choice = choices.find((each) => each.id === id);
    if (!choice) return;
    const byWords = out || Object.keys(choice.change).length === 0;
    onFilter({ ...filter, ...(byWords ? { q: term(words[id] ?? choice.value) } : choice.change) });
    onClose();
  };
  // Words are looked for in what an alert says, which its agency is no part of.
  const shown = choices.filter(({ id, value }) => value !== '' && !(out && id === 'agency'));
  return (
    <Dialog title={t(out ? 'pick.out' : 'pick.in')} onClose={onClose}>
      <ListBox
        className="list list-flat"
        aria-label={t(out ? 'pick.out' : 'pick.in')}
        // The dialog is opened to choose here.
        // oxlint-disable-next-line jsx-a11y/no-autofocus
        autoFocus="first"
        onAction={(key) => pick(String(key))}
      >
        {shown.map(({ id, label, value }) => (
          <ListBoxItem key={id} id={id} textValue={value} className="list-item">
            <span className="quiet">{t(label)}</span> {id === 'rule' ? value : <Code>{value}</Code>}
          </ListBoxItem>
        ))}
      </ListBox>
    </Dialog>
  );
}
