// Two analysts on one alert: both sides are shown, and neither is lost.

import { useEffect, useRef } from 'react';
import type { AlertDetail, ConflictCurrent } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Icon } from '../ui/Icon';
import { useAgo } from '../ui/When';
import { changeText, useChanges } from './changes';

export function ConflictBox({ alert }: { alert: AlertDetail }) {
  const i18n = useI18n();
  const { t } = i18n;
  const { conflicts, keepTheirs, applyMine } = useChanges();
  const conflict = conflicts.get(alert.id);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (conflict) box.current?.scrollIntoView({ block: 'nearest' });
  }, [conflict]);
  if (!conflict) return null;
  return (
    <div ref={box} className="conflict" role="alert">
      <h3>
        <Icon name="warning" /> {t('conflict.title')}
      </h3>
      <dl>
        <div>
          <dt>{t('conflict.theirs')}</dt>
          <dd>
            <Theirs theirs={conflict.theirs} />
          </dd>
        </div>
        <div>
          <dt>{t('conflict.mine')}</dt>
          <dd>
            {changeText(conflict.mine, 1, i18n)}
            {conflict.mine.reason && <q>{conflict.mine.reason}</q>}
            <span className="quiet"> {t('conflict.notSaved')}</span>
          </dd>
        </div>
      </dl>
      <div className="form-actions">
        <Button kind="primary" onPress={() => keepTheirs(alert.id)}>
          {t('conflict.keepTheirs')}
        </Button>
        <Button onPress={() => void applyMine(alert)}>{t('conflict.applyMine')}</Button>
      </div>
    </div>
  );
}

/** "Closed 8 s ago by another analyst as a false positive." */
function Theirs({ theirs }: { theirs: ConflictCurrent }) {
  const { t } = useI18n();
  const ago = useAgo();
  return (
    <>
      {t('conflict.stands', {
        state: t(`state.${theirs.state}`),
        verdict: theirs.verdict ? t(`verdict.${theirs.verdict}`) : 'none',
        by: theirs.by,
        ago: ago(theirs.at),
      })}
      {theirs.assignee && <span> {t('conflict.assignee', { name: theirs.assignee })}</span>}
      {theirs.reason && <q>{theirs.reason}</q>}
    </>
  );
}
