// Says for how long a class of an agency's logs is kept.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import { RETENTION_CLASSES, type RetentionList, type RetentionPolicy } from '../api/types';
import { toLatin } from '../i18n/digits';
import { useI18n } from '../i18n/i18n';
import { useMe } from '../session/session';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { toast } from '../ui/toasts';
import { accountFault } from './names';
import { setRetention } from './requests';

const DAYS_MIN = 7;
const DAYS_MAX = 36_525;
const REASON_CHARS_MAX = 1000;

interface Props {
  policy: RetentionPolicy;
  /** The policies there are: another choice of agency and class may be one of them. */
  known: RetentionPolicy[];
  presets: RetentionList['presets'];
  onClose: () => void;
}

export function RetentionDialog({ policy, known, presets, onClose }: Props) {
  const i18n = useI18n();
  const { t } = i18n;
  const { agencies } = useMe();
  const queries = useQueryClient();
  const [agency, setAgency] = useState(policy.agency);
  const [name, setName] = useState(policy.class);
  const [days, setDays] = useState(policy.days === null ? '' : String(policy.days));
  const [hold, setHold] = useState(policy.hold);
  const [reason, setReason] = useState(policy.reason);
  const [tried, setTried] = useState(false);
  const count = days.trim() === '' ? null : Number(toLatin(days).trim());
  const wrong = count !== null && !(Number.isInteger(count) && count >= DAYS_MIN && count <= DAYS_MAX);
  const { mutate, isPending, error } = useMutation({
    mutationFn: () => {
      const same = known.find((each) => each.agency === agency && each.class === name);
      return setRetention(agency, name, same?.version ?? 0, { days: count, hold, reason: reason.trim() });
    },
    onSuccess: (set) => {
      void queries.invalidateQueries({ queryKey: ['retention'] });
      toast(t(set.asked ? 'retention.isAsked' : 'retention.isSet'));
      onClose();
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (!wrong && reason.trim() !== '') mutate();
  };
  const own = agencies.filter((each) => each !== '*');
  const names = agencies.includes('*')
    ? ['*', ...new Set([...own, ...known.map((each) => each.agency).filter((each) => each !== '*')])]
    : own;
  return (
    <Dialog title={t('retention.title')} onClose={onClose}>
      <form className="form" onSubmit={submit}>
        {policy.version === 0 && (
          <>
            <ChooseOne
              label={t('column.agency')}
              value={agency}
              unset={'?'}
              options={names.map((id) => ({ id, name: id === '*' ? t('retention.everybody') : id }))}
              onChange={setAgency}
            />
            <ChooseOne
              label={t('retention.class')}
              value={name}
              unset={'?' as RetentionPolicy['class']}
              options={RETENTION_CLASSES.map((id) => ({ id, name: t(`retention.class.${id}`) }))}
              onChange={setName}
            />
          </>
        )}
        <Field
          label={t('retention.daysLabel')}
          help={t('retention.daysHelp')}
          value={days}
          onChange={setDays}
          maxLength={6}
          error={wrong ? t('retention.noDays', { least: DAYS_MIN }) : null}
        />
        <p className="governance-actions">
          {presets.map((preset) => (
            <Button key={preset.name} kind="quiet" onPress={() => setDays(String(preset.days))}>
              {t(`retention.preset.${preset.name}`)}
            </Button>
          ))}
        </p>
        <label className="check">
          <input type="checkbox" checked={hold} onChange={(event) => setHold(event.target.checked)} />{' '}
          {t('retention.hold')}
        </label>
        <Field
          label={t('retention.reason')}
          help={t('retention.reasonHelp')}
          rows={3}
          maxLength={REASON_CHARS_MAX}
          value={reason}
          onChange={setReason}
          error={tried && reason.trim() === '' ? t('fault.reasonRequired') : null}
        />
        <p className="quiet">{t('retention.four')}</p>
        {error && (
          <p className="field-error" role="alert">
            {accountFault(error, i18n)}
          </p>
        )}
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={isPending}>
            {t('governance.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
