//! How an object of a response is decoded: member by member, so that a repeated, mirrored or renamed member is no error. The
//! generated types say which members there are; what holds for all of them is here.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use serde::de::{DeserializeOwned, Error, MapAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Number, Value};

/// An object of a response.
pub(crate) trait Object: Sized {
    fn read<'de, A: MapAccess<'de>>(members: A) -> Result<Self, A::Error>;
}

pub(crate) fn read_object<'de, T: Object, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
    deserializer.deserialize_map(ObjectVisitor(PhantomData))
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Object> Visitor<'de> for ObjectVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<T, A::Error> {
        T::read(members)
    }
}

/// The name of a member, borrowed where it can be.
pub(crate) struct Name<'de>(pub(crate) Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(NameVisitor)
    }
}

struct NameVisitor;

impl<'de> Visitor<'de> for NameVisitor {
    type Value = Name<'de>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a name")
    }

    fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Borrowed(name)))
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Name<'de>, E> {
        Ok(Name(Cow::Owned(name.to_owned())))
    }
}

/// A property as it came.
#[derive(Clone)]
pub(crate) enum Property<T> {
    Absent,
    Null,
    Value(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Property<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::Value))
    }
}

impl<T> Property<T> {
    fn has_value(&self) -> bool {
        matches!(self, Self::Value(_))
    }

    pub(crate) fn optional(self) -> Option<T> {
        match self {
            Self::Value(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    pub(crate) fn needed<E: Error>(self, name: &'static str) -> Result<T, E> {
        self.optional().ok_or_else(|| E::missing_field(name))
    }

    /// Takes the value that came under a mirror's name, where none came under its own.
    pub(crate) fn or_mirror(&mut self, mirror: &Self)
    where
        T: Clone,
    {
        if !self.has_value() {
            self.clone_from(mirror);
        }
    }

    /// Takes the value that came under the first of these further names that fits, where none came under its own. What came under
    /// the others stays among the unknown.
    pub(crate) fn or_alias<E: Error>(&mut self, unknown: &mut Map<String, Value>, names: &[&str]) -> Result<(), E>
    where
        T: DeserializeOwned,
    {
        let mut problem = None;
        for name in names {
            let Some(value) = unknown.get(*name).filter(|_| !self.has_value()) else { continue };
            match serde_path_to_error::deserialize(value) {
                Ok(Self::Value(value)) => {
                    *self = Self::Value(value);
                    unknown.remove(*name);
                }
                Ok(null) => *self = null,
                Err(error) => problem = problem.or(Some(below(name, &error))),
            }
        }
        match problem {
            Some(problem) if matches!(self, Self::Absent) => Err(E::custom(problem)),
            _ => Ok(()),
        }
    }
}

impl<T: Default> Property<T> {
    pub(crate) fn or_default(self) -> T {
        self.optional().unwrap_or_default()
    }

    /// For lists, objects and texts of which `null` is an empty one.
    pub(crate) fn needed_or_null<E: Error>(self, name: &'static str) -> Result<T, E> {
        match self {
            Self::Absent => Err(E::missing_field(name)),
            came => Ok(came.or_default()),
        }
    }
}

impl Property<String> {
    fn is_empty(&self) -> bool {
        !matches!(self, Self::Value(name) if !name.is_empty())
    }

    /// As [`or_mirror`](Self::or_mirror), for a name or an id: an empty one is as good as none.
    pub(crate) fn or_mirrored_name(&mut self, mirror: &Self) {
        if self.is_empty() {
            self.clone_from(if mirror.is_empty() { &Self::Absent } else { mirror });
        }
    }
}

/// The text of an error, with where it is.
fn below(name: &str, error: &serde_path_to_error::Error<serde_json::Error>) -> String {
    let path = error.path().to_string();
    match path.as_str() {
        "." => format!("{name}: {}", error.inner()),
        path if path.starts_with('[') => format!("{name}{path}: {}", error.inner()),
        path => format!("{name}.{path}: {}", error.inner()),
    }
}

/// Reads a number, or a text that holds one, as some servers write the integers that are too large for JavaScript.
pub(crate) fn number<'de, A: MapAccess<'de>, T: FromNumber>(members: &mut A) -> Result<Property<T>, A::Error> {
    let value: Option<Lenient<T>> = members.next_value()?;
    Ok(value.map_or(Property::Null, |Lenient(value)| Property::Value(value)))
}

/// Reads a text, or a number as the text that JSON has for it, as some servers write ids and times.
pub(crate) fn text<'de, A: MapAccess<'de>>(members: &mut A) -> Result<Property<String>, A::Error> {
    let value: Option<Text> = members.next_value()?;
    Ok(value.map_or(Property::Null, |Text(text)| Property::Value(text)))
}

struct Text(String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor).map(Self)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = String;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<String, E> {
        Ok(text)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<String, E> {
        Ok(value.to_string())
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<String, E> {
        Ok(Number::from_f64(value).map_or_else(|| value.to_string(), |number| number.to_string()))
    }
}

/// A type of numbers, with what it can hold without loss.
pub(crate) trait FromNumber: Sized {
    const EXPECTED: &'static str;
    fn from_number(number: &Number) -> Option<Self>;
}

impl FromNumber for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_number(number: &Number) -> Option<Self> {
        number.as_f64()
    }
}

impl FromNumber for i64 {
    const EXPECTED: &'static str = "an integer of 64 bits";

    /// `3.0` is an integer too.
    fn from_number(number: &Number) -> Option<Self> {
        const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
        let fits = |value: &f64| value.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(value);
        let whole = || number.as_f64().filter(|value| number.is_f64() && fits(value));
        number.as_i64().or_else(|| whole().map(|value| value as Self))
    }
}

struct Lenient<T>(T);

impl<'de, T: FromNumber> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(PhantomData)).map(Self)
    }
}

struct LenientVisitor<T>(PhantomData<T>);

impl<T: FromNumber> Visitor<'_> for LenientVisitor<T> {
    type Value = T;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(T::EXPECTED)
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<T, E> {
        T::from_number(&value.into()).ok_or_else(|| E::invalid_value(Unexpected::Signed(value), &self))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<T, E> {
        T::from_number(&value.into()).ok_or_else(|| E::invalid_value(Unexpected::Unsigned(value), &self))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<T, E> {
        let number = Number::from_f64(value);
        number
            .and_then(|number| T::from_number(&number))
            .ok_or_else(|| E::invalid_value(Unexpected::Float(value), &self))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        let number = serde_json::from_str::<Number>(text).ok();
        number.and_then(|number| T::from_number(&number)).ok_or_else(|| E::invalid_value(Unexpected::Str(text), &self))
    }
}
