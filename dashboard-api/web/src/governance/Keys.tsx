// API keys: one’s own, and those one looks after.

import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import type { ApiKey } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Dialog } from '../ui/Dialog';
import { Fault } from '../ui/Fault';
import { useNow } from '../ui/now';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { accountFault, named, PERMISSIONS } from './names';
import { NewKey } from './NewKey';
import { OneTime } from './OneTime';
import { endKey, getKeys, rotateKey } from './requests';

const PAGE_ROWS = 100;

export function Keys() {
  const i18n = useI18n();
  const { t } = i18n;
  const client = useQueryClient();
  const [making, setMaking] = useState(false);
  const [open, setOpen] = useState<ApiKey | null>(null);
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } =
    useInfiniteQuery({
      queryKey: ['api-keys'],
      queryFn: ({ pageParam, signal }) => getKeys({ limit: PAGE_ROWS, after: pageParam }, signal),
      initialPageParam: null as string | null,
      getNextPageParam: (page) => page.next_after,
    });
  const keys = data?.pages.flatMap((page) => page.items) ?? [];
  const refresh = () => client.invalidateQueries({ queryKey: ['api-keys'] });
  return (
    <>
      <p className="quiet">{t('governance.keysWhat')}</p>
      <div className="governance-tools">
        <Button kind="primary" onPress={() => setMaking(true)}>
          {t('governance.newKey')}
        </Button>
      </div>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data && keys.length === 0 && (
        <div className="empty">
          <h2>{t('governance.noKeys')}</h2>
        </div>
      )}
      {keys.length > 0 && <KeyRows keys={keys} onOpen={setOpen} />}
      {hasNextPage && (
        <Button isPending={isFetchingNextPage} onPress={() => void fetchNextPage()}>
          {t('search.more')}
        </Button>
      )}
      {making && <NewKey onMade={refresh} onClose={() => setMaking(false)} />}
      {open && <OneKey apiKey={open} onDone={refresh} onClose={() => setOpen(null)} />}
    </>
  );
}

function KeyRows({ keys, onOpen }: { keys: ApiKey[]; onOpen: (key: ApiKey) => void }) {
  const { t } = useI18n();
  const now = useNow();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows" tabIndex={0} role="region" aria-label={t('governance.keys')}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('governance.keyName')}</th>
            <th scope="col">{t('governance.owner')}</th>
            <th scope="col">{t('governance.ends')}</th>
            <th scope="col">{t('governance.used')}</th>
          </tr>
        </thead>
        <tbody>
          {keys.map((key) => (
            <tr key={key.id} data-disabled={isDead(key, now) || undefined}>
              <td>
                <Button kind="quiet" onPress={() => onOpen(key)}>
                  {key.name}
                </Button>
              </td>
              <td>
                <Code>{key.user}</Code>
              </td>
              <td>{isDead(key, now) ? t('governance.keyEnded') : <When ms={key.expires_ms} />}</td>
              <td>{key.used_ms === null ? t('governance.never') : <When ms={key.used_ms} />}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function isDead(key: ApiKey, now: number): boolean {
  return key.revoked_ms !== null || key.expires_ms <= now;
}

function OneKey({
  apiKey,
  onDone,
  onClose,
}: {
  apiKey: ApiKey;
  onDone: () => Promise<void>;
  onClose: () => void;
}) {
  const i18n = useI18n();
  const { t } = i18n;
  const now = useNow();
  const [secret, setSecret] = useState<string | null>(null);
  const [fault, setFault] = useState<string | null>(null);
  const run = async (work: () => Promise<string | null>) => {
    setFault(null);
    try {
      setSecret(await work());
      await onDone();
    } catch (error) {
      setFault(accountFault(error, i18n));
    }
  };
  const end = () =>
    run(async () => {
      await endKey(apiKey.id);
      toast(t('governance.keyEnded'));
      onClose();
      return null;
    });
  const rotate = () => run(async () => (await rotateKey(apiKey.id)).secret);
  return (
    <Dialog title={apiKey.name} onClose={onClose}>
      {secret !== null ? (
        <OneTime what="governance.secretOnce" text={secret} onClose={onClose} />
      ) : (
        <div className="form">
          <p className="tags">
            {apiKey.permissions.map((permission) => (
              <span key={permission} className="tag">
                {named(PERMISSIONS, permission, i18n)}
              </span>
            ))}
          </p>
          <p>
            {t('governance.agencies')}{' '}
            {apiKey.agencies.includes('*') ? (
              t('governance.everywhere')
            ) : (
              <Code>{apiKey.agencies.join(', ')}</Code>
            )}
          </p>
          <p>
            {t('governance.networks')}{' '}
            {apiKey.networks.length === 0 ? (
              t('governance.anyNetwork')
            ) : (
              <Code>{apiKey.networks.join(', ')}</Code>
            )}
          </p>
          <p className="quiet">
            <Code>{apiKey.id}</Code> {t('governance.madeBy')} <Code>{apiKey.created_by}</Code>{' '}
            <When ms={apiKey.created_ms} />
          </p>
          {fault && (
            <p className="field-error" role="alert">
              {fault}
            </p>
          )}
          {!isDead(apiKey, now) && (
            <div className="form-actions">
              <Button onPress={() => void rotate()}>{t('governance.rotate')}</Button>
              <Button kind="danger" onPress={() => void end()}>
                {t('governance.endKey')}
              </Button>
            </div>
          )}
        </div>
      )}
    </Dialog>
  );
}
