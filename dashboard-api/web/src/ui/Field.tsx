// Fields for text, with their label, help and error.

import type { ComponentProps, ReactNode } from 'react';
import { FieldError } from 'react-aria-components/FieldError';
import { Input } from 'react-aria-components/Input';
import { Label } from 'react-aria-components/Label';
import { Text } from 'react-aria-components/Text';
import { TextArea } from 'react-aria-components/TextArea';
import { TextField, type TextFieldProps } from 'react-aria-components/TextField';

interface Props extends Omit<TextFieldProps, 'children' | 'className'> {
  label: string;
  help?: ReactNode;
  error?: string | null | undefined;
  /** More than one line. */
  rows?: number;
  inputRef?: ComponentProps<typeof Input>['ref'];
  areaRef?: ComponentProps<typeof TextArea>['ref'];
}

export function Field({ label, help, error, rows, inputRef, areaRef, ...props }: Props) {
  return (
    <TextField {...props} validationBehavior="aria" isInvalid={Boolean(error)} className="field">
      <Label className="field-label">{label}</Label>
      {rows ? (
        <TextArea rows={rows} className="input" {...(areaRef ? { ref: areaRef } : {})} />
      ) : (
        <Input className="input" {...(inputRef ? { ref: inputRef } : {})} />
      )}
      {help && (
        <Text slot="description" className="field-help">
          {help}
        </Text>
      )}
      <FieldError className="field-error">{error}</FieldError>
    </TextField>
  );
}
