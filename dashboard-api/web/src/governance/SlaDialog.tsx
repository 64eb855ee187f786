// Sets how soon an agency's alerts are to be worked.

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState, type FormEvent } from 'react';
import type { SlaPolicy } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { ChooseOne } from '../ui/Choice';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { Severity } from '../ui/Severity';
import { toast } from '../ui/toasts';
import { readMinutes, SEVERITIES, writeMinutes } from './minutes';
import { accountFault } from './names';
import { dropSlaPolicy, setSlaPolicy } from './requests';

type Name = (typeof SEVERITIES)[number]['name'];
type Texts = Record<`${Name}.${'acknowledge' | 'close'}`, string>;

export function SlaDialog({ policy, onClose }: { policy: SlaPolicy; onClose: () => void }) {
  const i18n = useI18n();
  const { t } = i18n;
  const queries = useQueryClient();
  const [calendar, setCalendar] = useState(policy.calendar);
  const [holidays, setHolidays] = useState(policy.holidays.join('\n'));
  const [texts, setTexts] = useState(() => textsOf(policy));
  const done = () => {
    void queries.invalidateQueries({ queryKey: ['sla'] });
    void queries.invalidateQueries({ queryKey: ['alerts'] });
    toast(t('governance.slaSet'));
    onClose();
  };
  const save = useMutation({
    mutationFn: () =>
      setSlaPolicy(policy.agency, policy.version, {
        calendar,
        holidays: holidays.split(/\s+/).filter(Boolean),
        targets: Object.fromEntries(
          SEVERITIES.map(({ name }) => [
            name,
            {
              acknowledge: readMinutes(texts[`${name}.acknowledge`]) ?? null,
              close: readMinutes(texts[`${name}.close`]) ?? null,
            },
          ]),
        ),
      }),
    onSuccess: done,
  });
  const drop = useMutation({
    mutationFn: () => dropSlaPolicy(policy.agency, policy.version),
    onSuccess: done,
  });
  const wrong = Object.values(texts).some((text) => readMinutes(text) === undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!wrong) save.mutate();
  };
  const fault = save.error ?? drop.error;
  const title = policy.agency === '*' ? t('governance.slaAll') : policy.agency;
  return (
    <Dialog title={t('governance.slaOf', { agency: title })} onClose={onClose} wide>
      <form className="form" onSubmit={submit}>
        <ChooseOne
          label={t('governance.calendar')}
          value={calendar}
          unset={'?' as SlaPolicy['calendar']}
          options={(['always', 'office'] as const).map((id) => ({
            id,
            name: t(`governance.calendar.${id}`),
          }))}
          onChange={setCalendar}
        />
        <p className="quiet">{t('governance.minutesHelp')}</p>
        {SEVERITIES.map(({ id, name }) => (
          <fieldset key={name} className="sla-row">
            <legend>
              <Severity id={id} />
            </legend>
            {(['acknowledge', 'close'] as const).map((step) => {
              const key = `${name}.${step}` as const;
              return (
                <Field
                  key={key}
                  label={t(step === 'close' ? 'governance.toClose' : 'governance.toAcknowledge')}
                  value={texts[key]}
                  onChange={(text) => setTexts({ ...texts, [key]: text })}
                  maxLength={8}
                  error={readMinutes(texts[key]) === undefined ? t('governance.noLength') : null}
                />
              );
            })}
          </fieldset>
        ))}
        <Field
          label={t('governance.holidaysLabel')}
          help={t('governance.holidaysHelp')}
          rows={4}
          value={holidays}
          onChange={setHolidays}
        />
        {fault && (
          <p className="field-error" role="alert">
            {accountFault(fault, i18n)}
          </p>
        )}
        <div className="form-actions">
          {policy.version > 0 && (
            <Button kind="danger" onPress={() => drop.mutate()} isPending={drop.isPending}>
              {t('governance.slaDrop')}
            </Button>
          )}
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" isPending={save.isPending} isDisabled={wrong}>
            {t('governance.save')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}

function textsOf({ targets }: SlaPolicy): Texts {
  const texts = SEVERITIES.flatMap(({ name }) => [
    [`${name}.acknowledge`, writeMinutes(targets[name].acknowledge)],
    [`${name}.close`, writeMinutes(targets[name].close)],
  ]);
  return Object.fromEntries(texts) as Texts;
}
