// The users: found by name or agency, opened to be changed, added.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Field } from '../ui/Field';
import { Skeleton } from '../ui/Skeleton';
import { When } from '../ui/When';
import { AddUser } from './AddUser';
import { named, ROLES } from './names';
import { getUsers } from './requests';
import { UserDialog } from './UserDialog';

const PAGE_ROWS = 100;

export function Users() {
  const { t } = useI18n();
  const manages = useMe().permissions.includes('manage_users');
  const [q, setQ] = useState('');
  const [adding, setAdding] = useState(false);
  const [open, setOpen] = useState<string | null>(null);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['users', q],
      queryFn: ({ pageParam, signal }) => getUsers({ q, limit: PAGE_ROWS, after: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_after,
    });
  const users = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <>
      <div className="governance-tools">
        <Field label={t('governance.find')} value={q} onChange={setQ} type="search" />
        {manages && (
          <Button kind="primary" onPress={() => setAdding(true)}>
            {t('governance.add')}
          </Button>
        )}
      </div>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={6} />}
      {data && users.length === 0 && (
        <div className="empty">
          <h2>{t('governance.nobody')}</h2>
        </div>
      )}
      {users.length > 0 && <Rows users={users} onOpen={setOpen} />}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
      {adding && <AddUser onClose={() => setAdding(false)} />}
      {open !== null && <UserDialog name={open} onClose={() => setOpen(null)} />}
    </>
  );
}

function Rows({ users, onOpen }: { users: User[]; onOpen: (name: string) => void }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('governance.users')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('governance.user')}</th>
            <th scope="col">{t('governance.roles')}</th>
            <th scope="col">{t('governance.state')}</th>
            <th scope="col">{t('governance.seen')}</th>
          </tr>
        </thead>
        <tbody>
          {users.map((user) => (
            <tr key={user.name} data-disabled={user.disabled_ms !== null || undefined}>
              <td>
                <Button kind="quiet" onPress={() => onOpen(user.name)}>
                  {user.display_name}
                </Button>{' '}
                <Code>{user.name}</Code>
              </td>
              <td>
                <GrantTags user={user} />
              </td>
              <td>{t(stateOf(user))}</td>
              <td>{user.seen_ms !== null && <When ms={user.seen_ms} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function stateOf(user: User) {
  if (user.disabled_ms !== null) return 'governance.state.disabled';
  if (user.kind === 'service') return 'governance.state.service';
  return user.has_password || user.by_provider ? 'governance.state.active' : 'governance.state.invited';
}

function GrantTags({ user }: { user: User }) {
  const i18n = useI18n();
  return (
    <span className="tags">
      {user.grants.map(({ role, agency }) => (
        <span key={`${role} ${agency}`} className="tag">
          {named(ROLES, role, i18n)}
          {agency === '*' ? <span>{i18n.t('governance.everywhere')}</span> : <Code>{agency}</Code>}
        </span>
      ))}
    </span>
  );
}
