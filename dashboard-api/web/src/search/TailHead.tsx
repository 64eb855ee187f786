// What stands above events that are watched: whether they still come, and how many wait.

import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import type { Tail } from './useTail';

export function TailHead({ tail }: { tail: Tail }) {
  const { t } = useI18n();
  return (
    <div className="tail-head">
      <span role="status" className="tail-state" data-live={tail.isConnected || undefined}>
        {t(tail.isConnected ? 'tail.live' : 'tail.connecting')}
      </span>
      <span className="quiet">{t('search.shown', { count: tail.rows.length })}</span>
      {tail.leftOut > 0 && <span>{t('tail.leftOut', { count: tail.leftOut })}</span>}
      {tail.waiting > 0 && (
        <Button kind="primary" icon="right" onPress={tail.take}>
          {t('tail.waiting', { count: tail.waiting })}
        </Button>
      )}
    </div>
  );
}
