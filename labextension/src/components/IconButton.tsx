/** A button that is an icon, named for those who do not see it. */
import type { LabIcon } from '@jupyterlab/ui-components';
import { forwardRef, type MouseEvent } from 'react';

export interface IconButtonProps {
  icon: LabIcon;
  label: string;
  onClick: (event: MouseEvent<HTMLButtonElement>) => void;
  disabled?: boolean;
  pressed?: boolean;
  className?: string;
}

export const IconButton = forwardRef<HTMLButtonElement, IconButtonProps>(function IconButton(
  { icon, label, onClick, disabled, pressed, className },
  ref
) {
  return (
    <button
      ref={ref}
      type="button"
      className={`codeact-IconButton ${className ?? ''}`}
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <icon.react tag="span" width="16px" height="16px" aria-hidden="true" />
    </button>
  );
});
