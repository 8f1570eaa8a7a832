"""Who may connect and call, and how that is found out."""

from pathlib import Path

from pdp.callers import LiveCallers
from pdp.callers.caller_file import HTTPS, CallerFile, read_caller_file
from pdp.core.ports import Document
from pdp.core.vocabulary import WordKind
from pdp.server import Security, TlsFiles
from pdp.settings import Settings
from pdp.wire.words import Words
from pdp_adapters.file_document import FileDocument
from pdp_adapters.https_document import HttpsDocument


def security(settings: Settings, words: Words) -> Security:
    """Return who may connect and how; raise InvalidSettingsError with every mistake of the files of callers."""
    tls = None
    if settings.tls_certificate is not None and settings.tls_key is not None:
        tls = TlsFiles(settings.tls_certificate, settings.tls_key, settings.client_ca)
    if settings.callers is None:
        return Security(None, tls)
    client_ca = str(settings.client_ca.absolute()) if settings.client_ca else ""
    return Security(live_callers(settings.callers, words, client_ca), tls)


def live_callers(path: Path, words: Words, client_ca: str = "") -> LiveCallers:
    """Return the callers of the file at *path*; what it names lies beside it, or behind https.

    *client_ca* is the path of the authorities of client certificates, "" for none. Raises InvalidSettingsError.
    """
    folder = path.absolute().parent

    def opened(name: str) -> Document:
        return HttpsDocument(name) if name.startswith(HTTPS) else FileDocument(folder / name)

    return LiveCallers(path.name, opened, words.vocabulary.words(WordKind.OPERATOR), client_ca)


def caller_file(path: Path, words: Words) -> CallerFile:
    """Return what the file of callers at *path* says, whatever lies beside it; raise InvalidPolicyError."""
    return read_caller_file(path.name, FileDocument(path).read(), words.vocabulary.words(WordKind.OPERATOR))
