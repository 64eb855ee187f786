// The alerts of a case, each as it stood when it came in.

import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { faultText } from '../ui/Fault';
import { Link } from '../ui/Link';
import { Severity } from '../ui/Severity';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { freeze, gather, type Case } from './api';
import { usePlaced } from './CaseView';
import { SplitDialog } from './dialogs';

export function CaseAlerts({ found }: { found: Case }) {
  const i18n = useI18n();
  const { t, language } = i18n;
  const placed = usePlaced();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [splitting, setSplitting] = useState(false);
  const { mutate } = useMutation({
    mutationFn: (send: () => Promise<Case>) => send(),
    onSuccess: (after) => {
      setChosen(new Set());
      placed(after);
    },
    onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }),
  });
  const toggle = (id: string) => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    setChosen(next);
  };
  const ids = [...chosen];
  const may = found.may_add && found.merged_into === null;
  const keep = async (): Promise<Case> => {
    let after = found;
    // One after the other: each is a step of the history.
    for (const alert of ids) after = await freeze(found.id, { alert });
    return after;
  };
  return (
    <section>
      <h2>{t('cases.alertsTitle', { count: found.alerts.length })}</h2>
      {found.alerts.length === 0 && <p className="quiet">{t('cases.noAlerts')}</p>}
      <ul className="case-list">
        {found.alerts.map((alert) => (
          <li key={alert.id}>
            {may && (
              <input
                type="checkbox"
                aria-label={t('cases.choose', { title: alert.title })}
                checked={chosen.has(alert.id)}
                onChange={() => toggle(alert.id)}
              />
            )}
            <Severity id={alert.severity_id} />
            <span className="case-list-what">
              <Link to={`/alerts/${encodeURIComponent(alert.id)}?state=any`}>
                {(language === 'bn' && alert.title_bn) || alert.title}
              </Link>{' '}
              <Code>{alert.host}</Code> <span className="quiet">{alert.agency}</span>
            </span>
            <When ms={alert.time} />
          </li>
        ))}
      </ul>
      {ids.length > 0 && (
        <div className="case-chosen" role="group" aria-label={t('cases.chosen', { count: ids.length })}>
          <span role="status">{t('cases.chosen', { count: ids.length })}</span>
          <Button onPress={() => mutate(keep)}>{t('cases.freeze')}</Button>
          {found.may_change && <Button onPress={() => setSplitting(true)}>{t('cases.splitDo')}</Button>}
          <Button onPress={() => mutate(() => gather(found.id, { remove: ids }))}>{t('cases.remove')}</Button>
        </div>
      )}
      {splitting && <SplitDialog found={found} alerts={ids} onClose={() => setSplitting(false)} />}
    </section>
  );
}
