// Searches that are kept, one's own and those shared in an agency; and the found events as a file.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { queryString } from '../api/client';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import type { Span } from '../time/range';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Icon } from '../ui/Icon';
import { toast } from '../ui/toasts';
import { dropSearch, getSearches, keepSearch } from './api';
import { searchParams, type SearchFilter } from './filter';

const NAME_CHARS_MAX = 100;
const NOBODY = '';

interface Props {
  filter: SearchFilter;
  span: Span | null;
  onRun: (filter: SearchFilter) => void;
}

export function Saved({ filter, span, onRun }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const queries = useQueryClient();
  const [keeping, setKeeping] = useState(false);
  const { data } = useQuery({
    queryKey: ['searches'],
    queryFn: ({ signal }) => getSearches(signal),
    enabled: me.permissions.includes('read_cases'),
  });
  const drop = useMutation({
    mutationFn: dropSearch,
    onSettled: () => queries.invalidateQueries({ queryKey: ['searches'] }),
    onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }),
  });
  return (
    <>
      {data?.items
        .filter(({ page }) => page === 'search')
        .map((search) => (
          <span key={search.id} className="chip">
            <button
              type="button"
              className="saved-run"
              title={search.q}
              onClick={() => {
                const [from = '-24h', to = null] = search.range.split(' ');
                onRun({
                  ...filter,
                  agency: null,
                  host: null,
                  source: null,
                  classUid: null,
                  q: search.q,
                  range: { from, to },
                });
              }}
            >
              {search.name} {search.agency && <span className="quiet">{search.agency}</span>}
            </button>
            {search.owner === me.user && (
              <button
                type="button"
                aria-label={t('search.drop', { name: search.name })}
                onClick={() => drop.mutate(search)}
              >
                <Icon name="cross" />
              </button>
            )}
          </span>
        ))}
      {me.permissions.includes('read_cases') && filter.q.trim() !== '' && (
        <Button kind="quiet" onPress={() => setKeeping(true)}>
          {t('search.keep')}
        </Button>
      )}
      {me.permissions.includes('export_events') && span && <Export filter={filter} span={span} />}
      {keeping && <KeepDialog filter={filter} onClose={() => setKeeping(false)} />}
    </>
  );
}

function Export({ filter, span }: { filter: SearchFilter; span: Span }) {
  const { t } = useI18n();
  const file = (format: 'ndjson' | 'csv' | 'parquet', columns: string | null = null) =>
    `/api/v1/events/export?${queryString({ ...searchParams(filter, span), format, columns })}`;
  const chosen = ['time', 'source', 'agency', 'host', ...filter.columns, 'message', 'raw', 'uid'];
  return (
    <span className="search-export">
      <span className="quiet">{t('search.export')}</span>{' '}
      <a href={file('ndjson')} download>
        {t('search.ndjson')}
      </a>{' '}
      <a href={file('csv', filter.columns.length > 0 ? chosen.join(',') : null)} download>
        {t('search.csv')}
      </a>{' '}
      <a href={file('parquet')} download>
        {t('search.parquet')}
      </a>
    </span>
  );
}

function KeepDialog({ filter, onClose }: { filter: SearchFilter; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { agencies } = useMe();
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [agency, setAgency] = useState(NOBODY);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () =>
      keepSearch({
        name: name.trim(),
        q: filter.q,
        range: [filter.range.from, filter.range.to].filter(Boolean).join(' '),
        ...(agency === NOBODY ? {} : { agency }),
      }),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['searches'] });
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim() !== '') mutate();
  };
  const named = agencies.filter((each) => each !== '*');
  return (
    <Dialog title={t('search.keep')} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={t('search.name')}
          value={name}
          onChange={setName}
          maxLength={NAME_CHARS_MAX}
          isRequired
          error={error ? faultText(error, i18n) : null}
          // The dialog is opened to write here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        {named.length > 0 && (
          <ChooseOne
            label={t('search.sharedWith')}
            value={agency}
            unset={'?'}
            options={[
              { id: NOBODY, name: t('search.onlyMe') },
              ...named.map((id) => ({ id, name: t('search.sharedIn', { agency: id }) })),
            ]}
            onChange={setAgency}
          />
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('search.keep')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
