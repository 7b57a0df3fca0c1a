"""Function keys that are kept for contexts: in the system's keyring, else in a file that only the person may read.

No key is ever shown; what is returned here goes into a request's header and nowhere else.
"""

from __future__ import annotations

import json
import stat
from pathlib import Path

from cli.contexts import contexts_file
from cli.errors import Misused

SERVICE = "spokewright"
"""The service in the keyring; the user name there is the context's name."""

OTHERS = stat.S_IRWXG | stat.S_IRWXO


def kept_key(context: str) -> str:
    """Return the key that is kept for a context; empty where there is none."""
    return _in_keyring(context) or _in_file().get(context, "")


def keep_key(context: str, key: str) -> Path | None:
    """Keep a key for a context; return the file that it is in, None where the system's keyring has it."""
    forget_key(context)
    if _to_keyring(context, key):
        return None
    _write({**_in_file(), context: key})
    return keys_file()


def forget_key(context: str) -> None:
    """Forget the key of a context, wherever it is kept."""
    _from_keyring(context)
    kept = _in_file()
    if kept.pop(context, None) is not None:
        _write(kept)


def keys_file() -> Path:
    """Return the file for keys, beside that of the contexts."""
    return contexts_file().with_name("keys.json")


def _in_keyring(context: str) -> str:
    try:
        import keyring  # noqa: PLC0415 - it is slow to load, and need not be installed
        from keyring.errors import KeyringError  # noqa: PLC0415 - same
    except ImportError:
        return ""
    try:
        return keyring.get_password(SERVICE, context) or ""
    except KeyringError:
        return ""


def _to_keyring(context: str, key: str) -> bool:
    """Put a key into the keyring; say whether it can be had from there, for some only look as if."""
    try:
        import keyring  # noqa: PLC0415 - as above
        from keyring.errors import KeyringError  # noqa: PLC0415 - same
    except ImportError:
        return False
    try:
        keyring.set_password(SERVICE, context, key)
    except KeyringError:
        return False
    return _in_keyring(context) == key


def _from_keyring(context: str) -> None:
    if not _in_keyring(context):
        return
    import keyring  # noqa: PLC0415 - as above
    from keyring.errors import KeyringError  # noqa: PLC0415 - same

    try:
        keyring.delete_password(SERVICE, context)
    except KeyringError as error:
        mend = f"remove the entry {SERVICE}, {context} there yourself"
        raise Misused(f"the keyring does not give up its key: {error}", mend) from None


def _in_file() -> dict[str, str]:
    path = keys_file()
    try:
        if stat.S_IMODE(path.stat().st_mode) & OTHERS:
            raise Misused(f"others may read the keys in {path}", f"`chmod 600 {path}`, and renew the keys")
        kept = json.loads(path.read_text(encoding="utf-8"))
        return {str(name): str(key) for name, key in kept.items()}
    except FileNotFoundError:
        return {}
    except (ValueError, AttributeError, OSError):
        raise Misused(f"the keys in {path} cannot be read", "remove the file, and add them again") from None


def _write(keys: dict[str, str]) -> None:
    path = keys_file()
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_suffix(".new")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    draft.write_text(json.dumps(keys, indent=2) + "\n", encoding="utf-8")
    draft.replace(path)
