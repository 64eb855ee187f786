// Who is told of alerts when nobody looks: the channels, and what became of their messages.

import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { Code } from '../ui/Code';
import { Fault } from '../ui/Fault';
import { Severity } from '../ui/Severity';
import { Skeleton } from '../ui/Skeleton';
import { toast } from '../ui/toasts';
import { When } from '../ui/When';
import { ChannelDialog } from './ChannelDialog';
import { getChannels, tryChannel, type Channel, type Outcome } from './channels';
import { accountFault } from './names';

/** What was sent is looked at again after so long. */
const LOOK_MS = 15_000;

export function Channels() {
  const { t } = useI18n();
  const { agencies } = useMe();
  const [editing, setEditing] = useState<Channel | 'new' | null>(null);
  const { data, error, isPending, refetch } = useQuery({
    queryKey: ['channels'],
    queryFn: ({ signal }) => getChannels(signal),
    refetchInterval: LOOK_MS,
  });
  return (
    <>
      <h2>{t('channels.title')}</h2>
      <p className="quiet">{t('channels.what')}</p>
      {error && <Fault what={t('governance.failed')} error={error} onRetry={() => void refetch()} />}
      {isPending && <Skeleton rows={4} />}
      {data && data.items.length === 0 && <p className="none">{t('channels.none')}</p>}
      {data?.items.map((channel) => (
        <One key={channel.id} channel={channel} onEdit={() => setEditing(channel)} />
      ))}
      {data && (
        <p className="governance-actions">
          <Button onPress={() => setEditing('new')}>{t('channels.add')}</Button>
        </p>
      )}
      {editing && (
        <ChannelDialog
          channel={editing === 'new' ? null : editing}
          agencies={agencies}
          onClose={() => setEditing(null)}
        />
      )}
    </>
  );
}

function One({ channel, onEdit }: { channel: Channel; onEdit: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const queries = useQueryClient();
  const attempt = useMutation({
    mutationFn: () => tryChannel(channel.id),
    onSuccess: (outcome) => {
      void queries.invalidateQueries({ queryKey: ['channels'] });
      toast(t(outcome.sent === null ? 'channels.tryFailed' : 'channels.tried'), {
        kind: outcome.sent === null ? 'fault' : 'done',
      });
    },
    onError: (fault) => toast(accountFault(fault, i18n), { kind: 'fault' }),
  });
  const { target } = channel;
  return (
    <section className="channel" aria-label={channel.name}>
      <h3>
        <span dir="auto">{channel.name}</span>{' '}
        {!channel.enabled && <span className="badge">{t('channels.off')}</span>}
        <Button onPress={() => attempt.mutate()} isPending={attempt.isPending}>
          {t('channels.try')}
        </Button>
        <Button onPress={onEdit}>{t('governance.slaChange')}</Button>
      </h3>
      <p>
        {channel.agency === '*' ? t('channels.everywhere') : <Code>{channel.agency}</Code>} ·{' '}
        {t(`channels.kind.${target.kind}`)}{' '}
        <Code>{target.kind === 'webhook' ? target.url : target.to.join(', ')}</Code>
      </p>
      <p className="channel-hears">
        {channel.severity_min !== null && (
          <span>
            {t('channels.alertsFrom')} <Severity id={channel.severity_min} />
          </span>
        )}
        {channel.platform && <span>{t('channels.platform')}</span>}
        <span className="quiet">{t(`channels.in.${channel.language}`)}</span>
        {channel.waiting > 0 && (
          <span className="quiet">{t('channels.waiting', { count: channel.waiting })}</span>
        )}
      </p>
      {channel.messages.length > 0 && <Messages messages={channel.messages} name={channel.name} />}
    </section>
  );
}

function Messages({ messages, name }: { messages: Outcome[]; name: string }) {
  const { t } = useI18n();
  return (
    // A box that scrolls must be reachable by the keyboard.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className="made governance-rows channel-messages" tabIndex={0} role="region" aria-label={name}>
      <table>
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('channels.message')}</th>
            <th scope="col">{t('channels.became')}</th>
          </tr>
        </thead>
        <tbody>
          {messages.map((message) => (
            <tr key={message.id}>
              <td>
                <When ms={message.made} />
              </td>
              <td className="governance-prose" dir="auto">
                {message.headline}
              </td>
              <td className="governance-prose">
                <Became message={message} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Became({ message }: { message: Outcome }) {
  const { t, rich } = useI18n();
  const state =
    message.sent !== null
      ? rich('channels.sent', { when: <When key="when" ms={message.sent} /> })
      : message.next === null
        ? t('channels.gaveUp', { count: message.tries })
        : message.tries === 0
          ? t('channels.due')
          : rich('channels.again', { when: <When key="when" ms={message.next} /> });
  return (
    <>
      {state} {message.fault && <Code>{message.fault}</Code>}
    </>
  );
}
