// The views at the left: everyone's and one's own.

import { useI18n } from '../i18n/i18n';
import { address } from '../route/route';
import { changeSettings, useSettings } from '../settings/settings';
import { Link } from '../ui/Link';
import { Icon } from '../ui/Icon';
import { writeFilter, type AlertFilter } from './filter';
import { useCounts } from './useQueue';
import { BUILT_IN } from './views';

export function Views({ filter }: { query: string; filter: AlertFilter }) {
  const { t, number } = useI18n();
  const counts = useCounts();
  const current = writeFilter(filter);
  return (
    <nav className="views" aria-label={t('view.label')}>
      <h2>{t('view.label')}</h2>
      <ul>
        {BUILT_IN.map((view) => {
          const count = counts ? view.count(counts) : null;
          return (
            <li key={view.label}>
              <Link to={address('/alerts', view.query)} className="view" current={view.query === current}>
                <span>{t(view.label)}</span>
                {count !== null && <span className="view-count">{number(count)}</span>}
              </Link>
            </li>
          );
        })}
      </ul>
      <OwnViews current={current} />
    </nav>
  );
}

function OwnViews({ current }: { current: string }) {
  const { t } = useI18n();
  const { views } = useSettings();
  if (views.length === 0) return null;
  const remove = (name: string) => changeSettings({ views: views.filter((view) => view.name !== name) });
  return (
    <>
      <h2>{t('view.own')}</h2>
      <ul>
        {views.map(({ name, query }) => (
          <li key={name} className="view-own">
            <Link to={address('/alerts', query)} className="view" current={query === current}>
              <span>{name}</span>
            </Link>
            <button
              type="button"
              aria-label={t('view.remove', { name })}
              title={t('view.remove', { name })}
              onClick={() => remove(name)}
            >
              <Icon name="cross" />
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
