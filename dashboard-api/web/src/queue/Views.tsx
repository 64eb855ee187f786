// The views at the left: everyone's and one's own.

import { useI18n } from '../i18n/i18n';
import { address } from '../route/route';
import { useMe } from '../session/session';
import { useKeeping } from '../search/kept';
import { faultText } from '../ui/Fault';
import { toast } from '../ui/toasts';
import { Link } from '../ui/Link';
import { Icon } from '../ui/Icon';
import { writeFilter, type AlertFilter } from './filter';
import { useViews } from './kept';
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
  const i18n = useI18n();
  const { t } = i18n;
  const me = useMe();
  const views = useViews();
  const { drop } = useKeeping();
  if (views.length === 0) return null;
  return (
    <>
      <h2>{t('view.own')}</h2>
      <ul>
        {views.map((view) => (
          <li key={view.id} className="view-own">
            <Link to={address('/alerts', view.q)} className="view" current={view.q === current}>
              <span>
                {view.name} {view.agency && <span className="quiet">{view.agency}</span>}
              </span>
            </Link>
            {view.owner === me.user && (
              <button
                type="button"
                aria-label={t('view.remove', { name: view.name })}
                title={t('view.remove', { name: view.name })}
                onClick={() =>
                  drop.mutate(view, { onError: (error) => toast(faultText(error, i18n), { kind: 'fault' }) })
                }
              >
                <Icon name="cross" />
              </button>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
