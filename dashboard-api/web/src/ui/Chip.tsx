// A filter that is on, and can be taken off.

import { useI18n } from '../i18n/i18n';
import { Code } from './Code';
import { Icon } from './Icon';

export function Chip({ label, value, onRemove }: { label: string; value: string; onRemove: () => void }) {
  const { t } = useI18n();
  return (
    <span className="chip">
      <span className="quiet">{label}</span> <Code title={value}>{value}</Code>
      <button type="button" aria-label={t('filter.remove', { label, value })} onClick={onRemove}>
        <Icon name="cross" />
      </button>
    </span>
  );
}
