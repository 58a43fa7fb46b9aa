//! What the channel sells, as the connector lists it.

use super::{Found, Stage};
use crate::certify::judge::Expected;
use crate::certify::proxy::Fault;
use crate::certify::report::Finding;
use crate::certify::shelf::spelled;
use crate::domain::connector::{ChannelProduct, ProductCode};

impl Stage<'_> {
    /// Learns what is sold, which also fetches the token that later faults shall not meet.
    pub(super) async fn look_round(&mut self) -> Vec<Finding> {
        let called = self
            .connector
            .list_products(&self.ground.usual_caller())
            .await;
        self.ground.cost.add(&called.cost);
        match called.result {
            Ok(products) => {
                self.products = sold(&products);
                if self.products.is_empty() {
                    let wanted = "an active product that derives from no other, to push to";
                    let came = format!("{} products, and none of that kind", products.len());
                    return vec![Finding::new(wanted, came)];
                }
                Vec::new()
            }
            Err(failure) => vec![Finding::new(
                "list-products to tell what the channel sells",
                format!("{} ({failure})", failure.class()),
            )],
        }
    }

    pub(super) async fn list(&mut self, fault: Option<Fault>, expected: &Expected) -> Found {
        self.ground.rig.proxy().begin(fault);
        let called = self
            .connector
            .list_products(&self.ground.usual_caller())
            .await;
        let mut findings = self.ground.judge_call(&called, expected);
        if let Ok(products) = &called.result {
            findings.extend(listed(products));
        }
        Ok(findings)
    }
}

/// What can be pushed to: what is active and follows no other.
fn sold(products: &[ChannelProduct]) -> Vec<ProductCode> {
    let own = products
        .iter()
        .filter(|product| product.active && product.parent_rate.is_none());
    let mut codes: Vec<ProductCode> = own.map(|product| product.code.clone()).collect();
    codes.sort();
    codes.dedup();
    codes
}

/// What is wrong with a list of products.
fn listed(products: &[ChannelProduct]) -> Vec<Finding> {
    let mut codes: Vec<&ProductCode> = products.iter().map(|product| &product.code).collect();
    codes.sort();
    let twice = codes.windows(2).find(|pair| pair[0] == pair[1]);
    let twice = twice.map(|pair| {
        let came = format!("{} is listed twice", spelled(pair[0]));
        Finding::new("every product to be listed once", came)
    });
    let nameless = products
        .iter()
        .find(|product| product.room_name.trim().is_empty());
    let nameless = nameless.map(|product| {
        let came = format!("{} has none", spelled(&product.code));
        Finding::new("every product to have a name that people know", came)
    });
    twice.into_iter().chain(nameless).collect()
}
