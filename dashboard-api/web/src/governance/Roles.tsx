// What each role may do.

import { useQuery } from '@tanstack/react-query';
import { useI18n } from '../i18n/i18n';
import { Fault } from '../ui/Fault';
import { Skeleton } from '../ui/Skeleton';
import { named, PERMISSIONS, ROLES } from './names';
import { getRoles } from './requests';

export function Roles() {
  const i18n = useI18n();
  const { t } = i18n;
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['roles'],
    queryFn: ({ signal }) => getRoles(signal),
  });
  return (
    <>
      <p className="quiet">{t('governance.rolesWhat')}</p>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={6} />}
      {data && (
        // A box that scrolls must be reachable by the keyboard.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('governance.roles')}>
          <table>
            <thead>
              <tr>
                <th scope="col">{t('governance.role')}</th>
                <th scope="col">{t('governance.may')}</th>
              </tr>
            </thead>
            <tbody>
              {data.items.map(({ role, permissions }) => (
                <tr key={role}>
                  <th scope="row">{named(ROLES, role, i18n)}</th>
                  <td>
                    <span className="tags">
                      {permissions.map((permission) => (
                        <span key={permission} className="tag">
                          {named(PERMISSIONS, permission, i18n)}
                        </span>
                      ))}
                    </span>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}
