"""The words of the package, and the strict reader of the files that they and the policies are written in.

`load_vocabulary` and `load_fact_schema` give the words that every operator shares. `read_located` reads any YAML file
of the project; `file_text` and `position` serve those who look at the text behind it.
"""

from pdp.words.decoding import file_text, position
from pdp.words.fact_schema_file import fact_schema_from
from pdp.words.loading import load_fact_schema, load_vocabulary
from pdp.words.located import Located, LocatedList, LocatedMap, LocatedText
from pdp.words.located_yaml import read_located
from pdp.words.properties import Surroundings, read_properties
from pdp.words.report import Report
from pdp.words.vocabulary_file import vocabulary_from

__all__ = [
    "Located",
    "LocatedList",
    "LocatedMap",
    "LocatedText",
    "Report",
    "Surroundings",
    "fact_schema_from",
    "file_text",
    "load_fact_schema",
    "load_vocabulary",
    "position",
    "read_located",
    "read_properties",
    "vocabulary_from",
]
