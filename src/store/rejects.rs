use uuid::Uuid;

use super::transaction::Transaction;
use crate::model::Reject;

/// Keeps rows of answers that did not become venues, each with the answer that brought it.
pub(super) async fn insert_rejects(
    transaction: &mut Transaction,
    rejects: impl Iterator<Item = (Uuid, &Reject)>,
) -> Result<(), sqlx::Error> {
    let (mut answers, mut ids, mut reasons, mut details) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (answer, reject) in rejects {
        answers.push(answer);
        ids.push(reject.provider_id.clone());
        reasons.push(reject.reason.code().to_owned());
        details.push(reject.detail.clone());
    }
    if reasons.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into venue_sync.rejects (answer_id, provider_id, reason, detail)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[])",
        &answers,
        &ids as &[Option<String>],
        &reasons,
        &details
    )
    .execute(&mut *transaction)
    .await?;
    Ok(())
}
