// Grey rows in place of what is coming; the style sheet shows them only after 150 ms.

import { useI18n } from '../i18n/i18n';

export function Skeleton({ rows }: { rows: number }) {
  const { t } = useI18n();
  return (
    <div className="skeleton" role="status">
      <span className="hidden">{t('common.loading')}</span>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} className="skeleton-row" aria-hidden="true" />
      ))}
    </div>
  );
}
