// Closing asks for a verdict and a reason, and refuses without.

import { useRef, useState, type FormEvent, type KeyboardEvent } from 'react';
import { Label } from 'react-aria-components/Label';
import { Radio, RadioGroup } from 'react-aria-components/RadioGroup';
import { VERDICTS, type AlertSummary, type Verdict } from '../api/types';
import { useI18n } from '../i18n/i18n';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { Field } from '../ui/Field';
import { titleIn } from './title';

const REASON_CHARS_MAX = 2000;

interface Props {
  alerts: AlertSummary[];
  /** How many they are, where they are not here. */
  count?: number;
  verdict: Verdict | null;
  onSubmit: (verdict: Verdict, reason: string) => void;
  onClose: () => void;
}

export function CloseDialog({ alerts, count = alerts.length, verdict: asked, onSubmit, onClose }: Props) {
  const { t, language } = useI18n();
  const [verdict, setVerdict] = useState<Verdict | null>(asked);
  const [reason, setReason] = useState('');
  const [tried, setTried] = useState(false);
  const area = useRef<HTMLTextAreaElement>(null);
  const submit = (event?: FormEvent) => {
    event?.preventDefault();
    setTried(true);
    const plain = reason.trim();
    if (verdict && plain) onSubmit(verdict, plain);
    else if (verdict) area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) submit();
  };
  const only = alerts.length === 1 ? alerts[0] : undefined;
  return (
    <Dialog title={t('close.title', { count })} onClose={onClose}>
      {/* Ctrl+Enter in the field sends, as it does in most forms; the button is the plain way. */}
      {/* oxlint-disable-next-line jsx-a11y/no-noninteractive-element-interactions */}
      <form className="form" onSubmit={submit} onKeyDown={onKeyDown}>
        {only && <p className="quiet close-what">{titleIn(language, only)}</p>}
        <RadioGroup
          className="radios"
          validationBehavior="aria"
          value={verdict ?? ''}
          onChange={(value) => setVerdict(value as Verdict)}
          isInvalid={tried && verdict === null}
        >
          <Label className="field-label">{t('close.verdict')}</Label>
          {VERDICTS.map((each, index) => (
            // oxlint-disable-next-line jsx-a11y/no-autofocus
            <Radio key={each} value={each} className="radio" autoFocus={asked === null && index === 0}>
              <span className="radio-dot" />
              <span>
                {t(`verdict.${each}`)} <span className="quiet">{t(`verdict.${each}.help`)}</span>
              </span>
            </Radio>
          ))}
          {tried && verdict === null && <span className="field-error">{t('fault.verdictRequired')}</span>}
        </RadioGroup>
        <Field
          label={t('close.reason')}
          help={t('close.reasonHelp')}
          rows={4}
          maxLength={REASON_CHARS_MAX}
          value={reason}
          onChange={setReason}
          error={tried && reason.trim() === '' ? t('fault.reasonRequired') : null}
          areaRef={area}
          // oxlint-disable-next-line jsx-a11y/no-autofocus
          autoFocus={asked !== null}
        />
        <div className="form-actions">
          <Button onPress={onClose}>{t('common.cancel')}</Button>
          <Button kind="primary" type="submit" shortcut="Ctrl Enter">
            {t('close.submit', { count })}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
