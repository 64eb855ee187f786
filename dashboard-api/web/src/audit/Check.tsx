// Holds the whole log against its checkpoints, and against one that was kept elsewhere.

import { useMutation } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { verifyAudit } from '../api/endpoints';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Fault } from '../ui/Fault';
import { Icon } from '../ui/Icon';

export function Check() {
  const { t } = useI18n();
  const [kept, setKept] = useState('');
  const { mutate, data, error, isPending } = useMutation({ mutationFn: verifyAudit });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate(kept.trim() === '' ? [] : [kept]);
  };
  return (
    <details className="audit-check">
      <summary>{t('audit.check')}</summary>
      <form className="form" onSubmit={submit}>
        <p className="quiet">{t('audit.checkHelp')}</p>
        <label className="audit-kept">
          {t('audit.kept')}
          <textarea
            className="input"
            rows={5}
            dir="ltr"
            lang="en"
            spellCheck={false}
            value={kept}
            onChange={(event) => setKept(event.target.value)}
          />
        </label>
        <div className="form-actions">
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('audit.checkNow')}
          </Button>
        </div>
      </form>
      <p role="status">
        {data?.whole && (
          <>
            <Icon name="check" />{' '}
            {t('audit.whole', {
              entries: data.entries,
              checkpoints: data.checkpoints,
              sealed: data.sealed,
            })}
          </>
        )}
        {data && !data.whole && (
          <span className="finding-error">
            <Icon name="warning" /> {t('audit.breach')} <span lang="en">{data.breach}</span>
          </span>
        )}
      </p>
      {error && <Fault what={t('audit.checkFailed')} error={error} />}
    </details>
  );
}
