use std::collections::BTreeMap;

use sqlx::types::Json;
use uuid::Uuid;

use super::transaction::Transaction;
use crate::model::VenueDifference;

/// Keeps what differs in venues that were written anew, each with the answer that brought it.
pub(super) async fn insert_changes(
    transaction: &mut Transaction,
    changes: impl Iterator<Item = (Uuid, &VenueDifference)>,
) -> Result<(), sqlx::Error> {
    let (mut answers, mut ids, mut names, mut fields) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (answer, change) in changes {
        answers.push(answer);
        ids.push(change.provider_id.clone());
        names.push(change.name.clone());
        let pairs = change.fields.iter().map(|field| (field.field, [&field.before, &field.after]));
        fields.push(Json(pairs.collect::<BTreeMap<_, _>>()));
    }
    if answers.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into venue_sync.changes (answer_id, provider_id, name, fields)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::jsonb[])",
        &answers,
        &ids,
        &names,
        &fields as _
    )
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
