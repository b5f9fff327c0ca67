import { TextInput, type TextInputProps } from "@mantine/core";

/** The address by which somebody signs in, as browsers and password managers know it again. */
export function EmailInput(props: TextInputProps) {
  return (
    <TextInput
      label="E-mail"
      type="email"
      autoComplete="username"
      required
      maxLength={254}
      {...props}
    />
  );
}
