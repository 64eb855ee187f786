// Makes or changes a channel.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { Problem } from '../api/client';
import { toLatin } from '../i18n/digits';
import { useI18n, type I18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Chosen } from '../ui/Chosen';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import {
  changeChannel,
  deleteChannel,
  KINDS,
  makeChannel,
  people,
  type Channel,
  type Kind,
} from './channels';
import { SEVERITIES } from './minutes';
import { accountFault } from './names';
import { OneTime } from './OneTime';

const NAME_CHARS_MAX = 100;
const PEOPLE_MAX = 20;
/** Numbers are Latin in every language. */
const EXAMPLE = '+8801712345678';
/** In the list of severities: no alerts. */
const NOTHING = '0';

interface Props {
  /** None: a new one. */
  channel: Channel | null;
  agencies: string[];
  onClose: () => void;
}

export function ChannelDialog({ channel, agencies, onClose }: Props) {
  const i18n = useI18n();
  const { t, language: own } = i18n;
  const queries = useQueryClient();
  const target = channel?.target;
  const [agency, setAgency] = useState(channel?.agency ?? agencies[0] ?? '');
  const [name, setName] = useState(channel?.name ?? '');
  const [kind, setKind] = useState<Kind>(target?.kind ?? 'webhook');
  const [url, setUrl] = useState(target?.kind === 'webhook' ? target.url : 'https://');
  const [to, setTo] = useState(target && target.kind !== 'webhook' ? target.to.join('\n') : '');
  const [language, setLanguage] = useState(channel?.language ?? own);
  const [severity, setSeverity] = useState(channel ? String(channel.severity_min ?? 0) : '4');
  const [platform, setPlatform] = useState(channel?.platform ?? false);
  const [enabled, setEnabled] = useState(channel?.enabled ?? true);
  const [secret, setSecret] = useState<string | null>(null);
  const done = (text: 'channels.kept' | 'channels.deleted') => {
    toast(t(text));
    onClose();
  };
  const { mutate, isPending, error } = useMutation({
    mutationFn: async () => {
      const body = {
        agency,
        name: name.trim(),
        target:
          kind === 'webhook'
            ? { kind, url: url.trim() }
            : { kind, to: people(kind === 'sms' ? toLatin(to) : to) },
        language,
        severity_min: severity === NOTHING ? null : Number(severity),
        platform,
        enabled,
      };
      if (channel) return void (await changeChannel(channel.id, channel.version, body));
      const made = await makeChannel(body);
      if (kind === 'webhook') setSecret(made.secret);
    },
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['channels'] });
      // A new webhook's secret stays until it was noted.
      if (channel || kind !== 'webhook') done('channels.kept');
    },
  });
  const drop = useMutation({
    mutationFn: (gone: Channel) => deleteChannel(gone.id, gone.version),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['channels'] });
      done('channels.deleted');
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    mutate();
  };
  const fault = error ?? drop.error;
  if (secret !== null)
    return (
      <Dialog title={t('channels.new')} onClose={onClose}>
        <OneTime what="channels.secretOnce" text={secret} onClose={onClose} />
      </Dialog>
    );
  return (
    <Dialog title={channel ? channel.name : t('channels.new')} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <Field
          label={t('channels.name')}
          value={name}
          onChange={setName}
          maxLength={NAME_CHARS_MAX}
          isRequired
        />
        {!channel && (
          <Chosen label={t('column.agency')}>
            <ChooseOne
              label={t('column.agency')}
              value={agency}
              unset={'?'}
              options={agencies.map((id) => ({ id, name: id === '*' ? t('channels.everywhere') : id }))}
              onChange={setAgency}
            />
          </Chosen>
        )}
        <Chosen label={t('channels.way')}>
          <ChooseOne
            label={t('channels.way')}
            value={kind}
            unset={'?' as Kind}
            options={KINDS.map((id) => ({ id, name: t(`channels.kind.${id}`) }))}
            onChange={setKind}
          />
        </Chosen>
        {kind === 'webhook' ? (
          <Field
            label={t('channels.url')}
            help={t('channels.urlHelp')}
            value={url}
            onChange={setUrl}
            isRequired
          />
        ) : (
          <Field
            label={t(`channels.to.${kind}`)}
            help={
              kind === 'sms'
                ? t('channels.toHelp.sms', { most: PEOPLE_MAX, example: EXAMPLE })
                : t('channels.toHelp.email', { most: PEOPLE_MAX })
            }
            rows={3}
            value={to}
            onChange={setTo}
            isRequired
          />
        )}
        <Chosen label={t('channels.alertsFrom')}>
          <ChooseOne
            label={t('channels.alertsFrom')}
            value={severity}
            unset={'?'}
            options={[
              ...SEVERITIES.map(({ id, name: each }) => ({ id: String(id), name: t(`severity.${each}`) })),
              { id: NOTHING, name: t('channels.noAlerts') },
            ]}
            onChange={setSeverity}
          />
        </Chosen>
        <Check label={t('channels.platform')} is={platform} onChange={setPlatform} />
        <Chosen label={t('channels.language')}>
          <ChooseOne
            label={t('channels.language')}
            value={language}
            unset={'?' as 'bn'}
            options={(['bn', 'en'] as const).map((id) => ({ id, name: t(`channels.in.${id}`) }))}
            onChange={setLanguage}
          />
        </Chosen>
        <Check label={t('channels.on')} is={enabled} onChange={setEnabled} />
        {fault && (
          <p className="field-error" role="alert">
            {channelFault(fault, i18n)}
          </p>
        )}
        <div className="form-actions">
          {channel && (
            <Button kind="danger" onPress={() => drop.mutate(channel)} isPending={drop.isPending}>
              {t('channels.delete')}
            </Button>
          )}
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('governance.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function Check({ label, is, onChange }: { label: string; is: boolean; onChange: (is: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={is} onChange={(event) => onChange(event.target.checked)} /> {label}
    </label>
  );
}

/** What is wrong with a channel, by the member that the server names. */
function channelFault(error: unknown, i18n: I18n): string {
  const { t } = i18n;
  const field = error instanceof Problem && error.code === 'invalid_body' ? error.params.field : null;
  switch (field) {
    case 'url':
      return t('channels.fault.url');
    case 'to':
      return t('channels.fault.to', { most: PEOPLE_MAX });
    case 'kind':
      return t('channels.fault.kind');
    case 'severity_min':
      return t('channels.fault.nothing');
    case 'name':
      return t('channels.fault.name', { most: NAME_CHARS_MAX });
    default:
      return accountFault(error, i18n);
  }
}
