// Opening a case, or adding alerts to one that is open already.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { titleIn } from '../alert/title';
import type { AlertSummary } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { go } from '../route/route';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { faultText } from '../ui/Fault';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { gather, getCases, openCase, type Case } from './api';

const TITLE_CHARS_MAX = 200;
/** Cases that are offered to add to: the last changed. */
const OFFERED = 8;

interface Props {
  alerts: AlertSummary[];
  onClose: () => void;
}

export function OpenCaseDialog({ alerts, onClose }: Props) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const queries = useQueryClient();
  const first = alerts[0];
  const [title, setTitle] = useState(first ? `${titleIn(language, first)} · ${first.host}` : '');
  const [agency, setAgency] = useState(useFirstAgency());
  const finish = (found: Case) => {
    queries.setQueryData(['case', found.id], found);
    void queries.invalidateQueries({ queryKey: ['cases'] });
    onClose();
    if (alerts.length === 0) go(`/cases/${encodeURIComponent(found.id)}`);
    else toast(t('cases.added', { count: alerts.length, id: found.id }));
  };
  const ids = alerts.map(({ id }) => id);
  const open = useMutation({
    mutationFn: () => openCase(first ? { title, alerts: ids } : { title, agency }),
    onSuccess: finish,
  });
  const add = useMutation({ mutationFn: (id: string) => gather(id, { add: ids }), onSuccess: finish });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (title.trim() !== '') open.mutate();
  };
  const error = open.error ?? add.error;
  return (
    <Dialog title={first ? t('cases.addTitle', { count: alerts.length }) : t('cases.open')} onClose={onClose}>
      {first && <Offered alert={first} onChoose={(id) => add.mutate(id)} />}
      <form className="form" onSubmit={submit}>
        {first && <h3>{t('cases.orNew')}</h3>}
        <Field
          label={t('cases.titleField')}
          value={title}
          onChange={setTitle}
          maxLength={TITLE_CHARS_MAX}
          isRequired
          error={error ? faultText(error, i18n) : null}
          // The dialog is opened to write here.
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus
        />
        {!first && <Field label={t('cases.agency')} value={agency} onChange={setAgency} isRequired />}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={open.isPending}>
            {t('cases.open')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function useFirstAgency(): string {
  const { agencies } = useMe();
  return agencies.find((agency) => agency !== '*') ?? '';
}

/** The open cases of the alert's agency, those that hold it first left out. */
function Offered({ alert, onChoose }: { alert: AlertSummary; onChoose: (id: string) => void }) {
  const { t } = useI18n();
  const { data } = useQuery({
    queryKey: ['cases', 'offered', alert.agency],
    queryFn: ({ signal }) =>
      getCases({ state: 'open,in_progress', agency: alert.agency, limit: OFFERED }, signal),
  });
  if (!data || data.items.length === 0) return null;
  return (
    <>
      <h3>{t('cases.toOpen')}</h3>
      <ul className="cases-offered">
        {data.items.map(({ id, title }) => (
          <li key={id}>
            <Button onPress={() => onChoose(id)}>
              <Code>{id}</Code> {title}
            </Button>
          </li>
        ))}
      </ul>
    </>
  );
}
