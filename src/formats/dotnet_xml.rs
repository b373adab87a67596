//! .NET `RSAKeyValue` XML.

use crate::rows::Row;

pub(crate) const ROW: Row =
    Row { name: "dotnet-xml", text: &[], binary: &[], find: |_, _, _| {}, head: None };
