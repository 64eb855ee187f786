// The columns beside an event's text: chosen by name, taken away where they stand.

import { useQuery } from '@tanstack/react-query';
import { useId, useState, type FormEvent } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Icon } from '../ui/Icon';
import { getFields } from './api';
import { COLUMNS_MAX, withColumn, withoutColumn, type SearchFilter } from './filter';

interface Props {
  filter: SearchFilter;
  onFilter: (filter: SearchFilter) => void;
}

/** The names above the rows; nothing where the rows have only what every event has. */
export function ColumnNames({ filter, onFilter }: Props) {
  const { t } = useI18n();
  if (filter.columns.length === 0) return null;
  return (
    <div className="result-names result-grid">
      <span>{t('column.time')}</span>
      <span>{t('column.source')}</span>
      <span>{t('column.agency')}</span>
      <span>{t('column.host')}</span>
      {filter.columns.map((name) => (
        <span key={name} className="result-name">
          <Code title={name}>{name}</Code>
          <button
            type="button"
            aria-label={t('columns.remove', { name })}
            title={t('columns.remove', { name })}
            onClick={() => onFilter(withoutColumn(filter, name))}
          >
            <Icon name="cross" />
          </button>
        </span>
      ))}
      <span>{t('columns.text')}</span>
    </div>
  );
}

/** Any field by its name, with those there are to choose from. */
export function AddColumn({ filter, onFilter }: Props) {
  const { t } = useI18n();
  const list = useId();
  const [name, setName] = useState('');
  const { data } = useQuery({
    queryKey: ['fields'],
    queryFn: ({ signal }) => getFields(signal),
    staleTime: Number.POSITIVE_INFINITY,
  });
  if (filter.columns.length >= COLUMNS_MAX) return null;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() === '') return;
    onFilter(withColumn(filter, name.trim()));
    setName('');
  };
  return (
    <form className="columns-add" onSubmit={submit}>
      <input
        className="input"
        aria-label={t('columns.add')}
        placeholder={t('columns.add')}
        list={list}
        value={name}
        maxLength={200}
        autoComplete="off"
        spellCheck={false}
        translate="no"
        onChange={(event) => setName(event.target.value)}
      />
      <datalist id={list}>
        {data?.items.map((field) => (
          <option key={field.name}>{field.name}</option>
        ))}
      </datalist>
      <Button type="submit" isDisabled={name.trim() === ''}>
        {t('columns.show')}
      </Button>
    </form>
  );
}
